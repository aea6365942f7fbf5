package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration. */
@Path("config")
public final class ConfigResource {
    static final String YAML = "application/yaml";

    private final ConfigText text;

    ConfigResource(ConfigText text) {
        this.text = text;
    }

    /** Shows it as JSON. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @Needs(Role.VIEWER)
    public Response json(@HeaderParam("If-None-Match") @Nullable String known) {
        ConfigText.Shown shown = text.head();
        ObjectNode json = shown.json();
        return shown(shown, known, json);
    }

    /** Shows it as YAML. */
    @GET
    @Produces(YAML)
    @Needs(Role.VIEWER)
    public Response yaml(@HeaderParam("If-None-Match") @Nullable String known) {
        ConfigText.Shown shown = text.head();
        return shown(shown, known, shown.yaml());
    }

    private static Response shown(ConfigText.Shown shown, @Nullable String known, Object body) {
        boolean same = known != null && List.of(known.split("\\s*,\\s*", -1)).contains(shown.tag());
        return (same ? Response.notModified() : Response.ok(body))
                .header("ETag", shown.tag())
                .header("Vary", "Accept")
                .build();
    }
}
