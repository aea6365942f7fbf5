package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.api.EntityChanges.How;
import io.llmproxy.admin.api.EntityChanges.Kind;
import io.llmproxy.admin.api.EntityChanges.Made;
import io.llmproxy.admin.api.EntityChanges.Wanted;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes of single forwards, groups and upstreams of the configuration. */
@Path("")
@Produces(MediaType.APPLICATION_JSON)
public final class EntitiesResource {
    private static final String ANY = "*";

    private final EntityChanges changes;

    EntitiesResource(EntityChanges changes) {
        this.changes = changes;
    }

    /** Makes a forward what is said, or a new one. */
    @PUT
    @Path("forwards/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response putForward(@Context ContainerRequestContext call, @PathParam("name") String name, ObjectNode body) {
        return change(call, Kind.FORWARD, name, How.REPLACE, body);
    }

    /** Changes parts of a forward. */
    @PATCH
    @Path("forwards/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response patchForward(
            @Context ContainerRequestContext call, @PathParam("name") String name, ObjectNode body) {
        return change(call, Kind.FORWARD, name, How.MERGE, body);
    }

    /** Removes a forward. */
    @DELETE
    @Path("forwards/{name}")
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response deleteForward(@Context ContainerRequestContext call, @PathParam("name") String name) {
        return change(call, Kind.FORWARD, name, How.REMOVE, null);
    }

    /** Makes a group what is said, or a new one. */
    @PUT
    @Path("groups/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response putGroup(@Context ContainerRequestContext call, @PathParam("name") String name, ObjectNode body) {
        return change(call, Kind.GROUP, name, How.REPLACE, body);
    }

    /** Changes parts of a group. */
    @PATCH
    @Path("groups/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response patchGroup(@Context ContainerRequestContext call, @PathParam("name") String name, ObjectNode body) {
        return change(call, Kind.GROUP, name, How.MERGE, body);
    }

    /** Removes a group that no forward needs. */
    @DELETE
    @Path("groups/{name}")
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response deleteGroup(@Context ContainerRequestContext call, @PathParam("name") String name) {
        return change(
                call,
                Kind.GROUP,
                name,
                How.REMOVE,
                null,
                newest -> refuseUsed(ViewsResource.forwards(newest.config(), name), "forwards need the group"));
    }

    /** Makes an upstream what is said, or a new one. */
    @PUT
    @Path("upstreams/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response putUpstream(
            @Context ContainerRequestContext call, @PathParam("name") String name, ObjectNode body) {
        return change(call, Kind.UPSTREAM, name, How.REPLACE, body);
    }

    /** Changes parts of an upstream. */
    @PATCH
    @Path("upstreams/{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response patchUpstream(
            @Context ContainerRequestContext call, @PathParam("name") String name, ObjectNode body) {
        return change(call, Kind.UPSTREAM, name, How.MERGE, body);
    }

    /** Removes an upstream that is in no group. */
    @DELETE
    @Path("upstreams/{name}")
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response deleteUpstream(@Context ContainerRequestContext call, @PathParam("name") String name) {
        return change(
                call,
                Kind.UPSTREAM,
                name,
                How.REMOVE,
                null,
                newest -> refuseUsed(ViewsResource.groups(newest.config(), name), "groups have the upstream"));
    }

    private static void refuseUsed(List<String> users, String how) {
        if (!users.isEmpty()) {
            throw new Refused(
                    409,
                    "conflict",
                    "It is in use: " + how + " (" + String.join(", ", users) + "); nothing was changed.");
        }
    }

    private Response change(ContainerRequestContext call, Kind kind, String name, How how, @Nullable ObjectNode body) {
        return change(call, kind, name, how, body, newest -> {});
    }

    private Response change(
            ContainerRequestContext call,
            Kind kind,
            String name,
            How how,
            @Nullable ObjectNode body,
            Consumer<PartEdit.Newest> rest) {
        String none = call.getHeaderString("If-None-Match");
        boolean absent = none != null && none.strip().equals(ANY) && how == How.REPLACE;
        String dryRun = call.getUriInfo().getQueryParameters().getFirst("dry_run");
        boolean dry = dryRun != null && ConfigResource.isDry(dryRun);
        Made made = changes.change(
                call, new Wanted(kind, name, how, body, call.getHeaderString("If-Match"), absent, rest), dry);
        ConfigChanges.Checked checked = made.checked();
        if (checked != null) {
            return Response.ok(checked).build();
        }
        Response.ResponseBuilder answer =
                made.created() ? Response.created(call.getUriInfo().getAbsolutePath()) : Response.ok();
        return answer.header("ETag", made.tag())
                .entity(VersionsResource.told(Objects.requireNonNull(made.version(), "it was stored")))
                .build();
    }
}
