# UMOT monitor with its model, for an ordinary user.
# docker build --tag umot-monitor:0.1.0 .
# With an NVIDIA GPU: --build-arg TORCH_BACKEND=cu130; with Airflow: --build-arg EXTRA=cluster
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG TORCH_BACKEND=cpu
ARG EXTRA=s3
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON=/opt/umot/bin/python
RUN pip install --no-cache-dir 'uv>=0.9,<1' && uv venv --python /usr/local/bin/python /opt/umot
WORKDIR /source
COPY pyproject.toml constraints.txt ./
# torch first, from PyTorch's own index: PyPI's is the CUDA build (4.5 GB). The layers hold until the requirements change.
RUN uv pip install --constraint constraints.txt --torch-backend "${TORCH_BACKEND}" "$(grep -o '"torch[^"]*"' pyproject.toml | tr -d '"')"
RUN uv pip install --constraint constraints.txt --requirements pyproject.toml --extra "${EXTRA}"
COPY README.md LICENSE NOTICE ./
COPY dags dags
COPY mappings mappings
COPY spiders spiders
COPY sentiment sentiment
COPY umot umot
RUN uv pip install --no-deps .

FROM ${PYTHON_IMAGE}
RUN useradd --uid 1000 --no-create-home --home-dir /tmp umot && install --directory --owner umot /workspace && \
    install --directory --mode 1777 /logs
COPY --from=build /opt/umot /opt/umot
COPY --from=build /source/dags /dags
ENV PATH=/opt/umot/bin:$PATH HOME=/tmp HF_HOME=/workspace/.cache/huggingface PYTHONDONTWRITEBYTECODE=1
# Airflow does not start without a user's name; an id other than 1000 (UMOT_UID) has none in /etc/passwd.
ENV USER=umot LOGNAME=umot
# Without the extra `cluster` there is no Airflow to read these.
ENV AIRFLOW_HOME=/tmp/airflow AIRFLOW__CORE__DAGS_FOLDER=/dags AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/logs
USER umot
WORKDIR /workspace
# The certificates of docker-compose.yml need openssl; the model must answer without a network.
RUN openssl version && echo '{"id": 1, "text": "Snel geleverd, fijne winkel."}' | umot classify --input - | grep --quiet positive
ENTRYPOINT ["umot"]
CMD ["--help"]
