package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** What programs read of the API and of the configuration. */
@Path("")
@Produces(MediaType.APPLICATION_JSON)
public final class DocumentsResource {
    /** Describes this API. */
    @GET
    @Path("openapi.json")
    @Needs(value = Role.VIEWER, scoped = true)
    public Object openapi() {
        return DocumentJson.of(new String(resource("openapi.yaml"), StandardCharsets.UTF_8));
    }

    /** Describes the configuration. */
    @GET
    @Path("schema.json")
    @Needs(value = Role.VIEWER, scoped = true)
    public Object schema() {
        return resource("llmproxy.schema.json");
    }

    private static byte[] resource(String name) {
        try (InputStream in = Objects.requireNonNull(
                DocumentsResource.class.getResourceAsStream("/io/llmproxy/admin/" + name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
