"""What the DAGs share. Only this folder and the DAG files beside it know Airflow."""
