package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigReload;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** Loads the configuration again. */
@Path("reload")
@Produces(MediaType.APPLICATION_JSON)
public final class ReloadResource {
    private final ConfigReload reload;

    ReloadResource(ConfigReload reload) {
        this.reload = reload;
    }

    private record Reloaded(long generation, List<Finding> warnings) {}

    /** Does it. */
    @POST
    @Needs(Role.EDITOR)
    @Audited("config.reload")
    public Object reload() {
        ConfigReload.Outcome outcome = reload.reload();
        List<Finding> found = outcome.problems().stream().map(Finding::of).toList();
        if (!outcome.loaded()) {
            throw new Refused(
                            422,
                            "invalid_config",
                            "The configuration cannot be served; configuration " + outcome.version() + " stays in use.")
                    .with(found);
        }
        return new Reloaded(outcome.version(), found);
    }
}
