package org.elasticsearch.plugins;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.Version;
import org.elasticsearch.env.Environment;

/** Plug-ins given as objects instead of a directory that is scanned for them. */
public final class FixedPluginsService extends PluginsService {
    private final List<LoadedPlugin> loaded;

    public FixedPluginsService(Environment environment, PluginsLoader loader, List<Plugin> plugins) {
        super(environment.settings(), environment.configDir(), loader);
        loaded = plugins.stream().map(FixedPluginsService::load).toList();
        loadExtensions(loaded);
    }

    public static PluginsLoader nothingToScan() {
        return PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false);
    }

    private static LoadedPlugin load(Plugin plugin) {
        Class<?> type = plugin.getClass();
        var descriptor = new PluginDescriptor(
            type.getSimpleName(), "for tests", "1", Version.CURRENT.toString(), "21", type.getName(), null, List.of(),
            false, false, false, false, PluginDescriptor.DeploymentTarget.ALL
        );
        return new LoadedPlugin(descriptor, plugin, type.getClassLoader());
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded;
    }
}
