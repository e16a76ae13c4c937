package org.elasticsearch.node;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.logging.Loggers;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.plugins.FixedPluginsService;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;
import org.elasticsearch.transport.TransportService;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/**
 * One Elasticsearch node with the settings given as {@code key=value} arguments. Prints {@code ready HTTP_PORT TRANSPORT_PORT}
 * on standard output, logs to standard error, and ends when its standard input does: it never outlives whoever started it.
 */
public final class TestNode {
    private TestNode() {}

    public static void main(String[] arguments) throws Exception {
        PrintStream report = System.out;
        System.setOut(System.err);
        LogConfigurator.configureESLogging(); // before any class of the server: its loggers need the factory
        Loggers.setLevel(LogManager.getRootLogger(), Level.WARN);
        Loggers.setLevel(LogManager.getLogger("org.elasticsearch.nativeaccess"), Level.ERROR); // there are no native libraries
        try {
            Node node = start(environment(arguments));
            int http = node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress().getPort();
            int transport = node.injector().getInstance(TransportService.class).boundAddress().publishAddress().getPort();
            report.println("ready " + http + " " + transport);
            while (System.in.read() >= 0) {}
            node.close();
        } catch (Throwable failure) {
            failure.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
        Runtime.getRuntime().halt(0); // no thread of the server keeps a closed node alive
    }

    private static Environment environment(String[] arguments) {
        Settings.Builder settings = Settings.builder();
        for (String argument : arguments) {
            String[] pair = argument.split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        Settings built = settings.build();
        return new Environment(built, Path.of(built.get("path.home"), "config"));
    }

    private static Node start(Environment environment) throws NodeValidationException {
        var services = new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment initial, PluginsLoader loader) {
                return new FixedPluginsService(initial, loader, List.of(new Netty4Plugin(), new CorePlugin()));
            }
        };
        PluginsLoader loader = FixedPluginsService.nothingToScan();
        return new Node(NodeConstruction.prepareConstruction(environment, loader, services, true)).start();
    }
}
