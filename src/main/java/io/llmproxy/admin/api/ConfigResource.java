package io.llmproxy.admin.api;

import io.llmproxy.access.Mandate;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration: shown, checked, changed. */
@Path("config")
public final class ConfigResource {
    static final String YAML = "application/yaml";

    /** Second choice: a caller that does not say what it takes gets JSON. */
    static final String YAML_IF_ASKED = YAML + ";qs=0.5";

    private final ConfigText text;
    private final ConfigChanges changes;

    ConfigResource(ConfigText text, ConfigChanges changes) {
        this.text = text;
        this.changes = changes;
    }

    record Commit(
            @Nullable String text,
            @Nullable String comment,
            @Nullable Integer confirmWithin,
            @Nullable String managedBy) {}

    record CheckRequest(@Nullable String text) {}

    record Rollback(
            @Nullable Long version,
            @Nullable String comment,
            @Nullable Integer confirmWithin) {}

    /** Shows it as JSON. */
    @GET
    @Produces(MediaType.APPLICATION_JSON)
    @Needs(Role.VIEWER)
    public Response json(@HeaderParam("If-None-Match") @Nullable String known) {
        ConfigText.Shown shown = text.head();
        return shown(shown, known, shown.json());
    }

    /** Shows it as YAML. */
    @GET
    @Produces(YAML_IF_ASKED)
    @Needs(Role.VIEWER)
    public Response yaml(@Context ContainerRequestContext call, @HeaderParam("If-None-Match") @Nullable String known) {
        ConfigText.Shown shown = text.head();
        return shown(shown, known, shown.yaml(Caller.of(call)));
    }

    private static Response shown(ConfigText.Shown shown, @Nullable String known, Object body) {
        boolean same = known != null && List.of(known.split("\\s*,\\s*", -1)).contains(shown.tag());
        return (same ? Response.notModified() : Response.ok(body))
                .header("ETag", shown.tag())
                .header("Vary", "Accept")
                .build();
    }

    /** Checks a text. */
    @POST
    @Path("check")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    public Object check(@Context ContainerRequestContext call, CheckRequest request) {
        return changes.check(required(request.text()), Caller.of(call));
    }

    /** Puts a text in use. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.commit")
    public Response commit(
            @Context ContainerRequestContext call,
            @HeaderParam("If-Match") @Nullable String base,
            @HeaderParam("Idempotency-Key") @Nullable String requestKey,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            Commit commit) {
        changes.requireStore();
        String content = required(commit.text());
        ConfigChanges.Wanted wanted = ConfigChanges.Wanted.of(
                        content,
                        commit.comment(),
                        commit.confirmWithin(),
                        Caller.of(call),
                        mandate(call, commit.managedBy()))
                .repeatable(requestKey);
        if (isDry(dryRun)) {
            return Response.ok(changes.check(content, Caller.of(call))).build();
        }
        ConfigDocuments.Way way = commit.managedBy() == null ? way(call) : ConfigDocuments.Way.IMPORT;
        return committed(call, changes.commit(wanted, way, base, Act.of(call)));
    }

    /** Puts the text of an older version in use. */
    @POST
    @Path("rollback")
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("config.rollback")
    public Response rollback(
            @Context ContainerRequestContext call,
            @HeaderParam("If-Match") @Nullable String base,
            @HeaderParam("Idempotency-Key") @Nullable String requestKey,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            Rollback rollback) {
        changes.requireStore();
        Long to = rollback.version();
        if (to == null || to < 1) {
            throw Refused.invalid("version", "missing (expected: the number of a version)");
        }
        String content = changes.content(to);
        ConfigChanges.Wanted wanted = ConfigChanges.Wanted.of(
                        content, rollback.comment(), rollback.confirmWithin(), Caller.of(call), mandate(call, null))
                .repeatable(requestKey);
        if (isDry(dryRun)) {
            return Response.ok(changes.checkOld(content, Caller.of(call))).build();
        }
        return committed(call, changes.rollBack(to, wanted, way(call), base, Act.of(call)));
    }

    /** From now on people change the configuration. */
    @DELETE
    @Path("manager")
    @Needs(Role.ADMIN)
    @Audited("config.release")
    public Response release(@Context ContainerRequestContext call) {
        changes.requireStore();
        changes.release(Act.of(call));
        return Response.noContent().build();
    }

    /**
     * In whose name a call changes the configuration.
     *
     * @param manager what it says that manages it; null if it does not say
     */
    static Mandate mandate(ContainerRequestContext call, @Nullable String manager) {
        if (manager != null && !Mandate.isName(manager)) {
            throw Refused.invalid("managed_by", "no name (expected: " + Mandate.NAMES + ")");
        }
        String override = call.getUriInfo().getQueryParameters().getFirst("override");
        if (override == null) {
            return new Mandate(manager, false);
        }
        if (!override.equals("managed")) {
            throw Refused.invalid("override", "unknown (expected: managed)");
        }
        RoleChecks.check(Caller.of(call), Role.ADMIN);
        return new Mandate(manager, true);
    }

    /** Which way a call has come. */
    static ConfigDocuments.Way way(ContainerRequestContext call) {
        return call.getProperty(AdminApi.KNOWN) instanceof SignIn.Known known && known.session() != null
                ? ConfigDocuments.Way.UI
                : ConfigDocuments.Way.API;
    }

    private static String required(@Nullable String text) {
        if (text == null || text.isBlank()) {
            throw Refused.invalid("text", "missing (expected: a configuration as YAML)");
        }
        return text;
    }

    static boolean isDry(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw Refused.invalid("dry_run", "unknown (expected: true or false)");
        }
        return text.equals("true");
    }

    private static Response committed(ContainerRequestContext call, ConfigDocuments.Version made) {
        return Response.created(call.getUriInfo()
                        .getBaseUriBuilder()
                        .path("config/versions/" + made.id())
                        .build())
                .header("ETag", "\"v" + made.id() + '"')
                .entity(VersionsResource.told(made))
                .build();
    }
}
