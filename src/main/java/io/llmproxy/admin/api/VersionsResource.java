package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.admin.ConfigDocuments.Version;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The versions of the configuration, and who serves them. */
@Path("config/versions")
@Produces(MediaType.APPLICATION_JSON)
public final class VersionsResource {
    private static final int LONGEST_WAIT = 30;

    private final ConfigDocuments documents;
    private final ConfigChanges changes;
    private final Activations activations;

    VersionsResource(ConfigDocuments documents, ConfigChanges changes) {
        this.documents = documents;
        this.changes = changes;
        this.activations = new Activations(documents);
    }

    record Told(
            long version,
            long parent,
            @Nullable String createdAt,
            String author,
            String comment,
            String origin,
            String sha256) {}

    record WithText(
            long version,
            long parent,
            @Nullable String createdAt,
            String author,
            String comment,
            String origin,
            String sha256,
            String text) {}

    record Head(
            long version,
            boolean confirmed,
            @Nullable String confirmUntil,
            @Nullable Long fallback,
            @Nullable String managedBy) {}

    private record History(
            Head head, List<Told> versions, @Nullable String next) {}

    static Told told(Version version) {
        return new Told(
                version.id(),
                version.parent(),
                Times.told(version.createdAt()),
                version.author(),
                version.message(),
                version.origin(),
                version.sha256());
    }

    /** Lists them. */
    @GET
    @Needs(Role.VIEWER)
    public Object history(@QueryParam("limit") @Nullable String limit, @QueryParam("cursor") @Nullable String cursor) {
        changes.requireStore();
        int count = Page.limit(limit);
        long before = Page.number("cursor", cursor, Long.MAX_VALUE, 1, Long.MAX_VALUE);
        List<Version> found = documents.history(before, count + 1);
        List<Told> page =
                found.stream().limit(count).map(VersionsResource::told).toList();
        String next =
                found.size() > count ? Long.toString(page.get(page.size() - 1).version()) : null;
        return new History(head(), page, next);
    }

    private Head head() {
        String manager = documents.managedBy().orElse(null);
        return documents
                .unconfirmed()
                .map(pending -> new Head(
                        pending.version(),
                        false,
                        Times.told(pending.until()),
                        pending.fallback() == 0 ? null : pending.fallback(),
                        manager))
                .orElseGet(() -> new Head(documents.head().id(), true, null, null, manager));
    }

    private Version version(String number) {
        changes.requireStore();
        return documents.version(number(number)).orElseThrow(() -> Refused.notFound("version", number));
    }

    private static long number(String text) {
        if (!text.matches("[1-9][0-9]{0,17}")) {
            throw Refused.notFound("version", text);
        }
        return Long.parseLong(text);
    }

    private ConfigText.Shown shown(Version version) {
        return ConfigText.shown(
                version.id(),
                version.content(),
                documents.check(version.content()).masked());
    }

    /** Shows one, as JSON. */
    @GET
    @Path("{version}")
    @Needs(Role.VIEWER)
    public Object one(@Context ContainerRequestContext call, @PathParam("version") String number) {
        Version version = version(number);
        return new WithText(
                version.id(),
                version.parent(),
                Times.told(version.createdAt()),
                version.author(),
                version.message(),
                version.origin(),
                version.sha256(),
                shown(version).yaml(Caller.of(call)));
    }

    /** Shows one, as YAML. */
    @GET
    @Path("{version}")
    @Produces(ConfigResource.YAML_IF_ASKED)
    @Needs(Role.VIEWER)
    public Response yaml(@Context ContainerRequestContext call, @PathParam("version") String number) {
        return Response.ok(shown(version(number)).yaml(Caller.of(call)))
                .header("Vary", "Accept")
                .build();
    }

    /** Tells what changes from one to another. */
    @GET
    @Path("{version}/diff")
    @Needs(Role.VIEWER)
    public Object diff(@PathParam("version") String number, @QueryParam("to") @Nullable String to) {
        Version from = version(number);
        if (to == null) {
            throw Refused.invalid("to", "missing (expected: the number of a version)");
        }
        return DocumentDiff.of(shown(from), shown(version(to)));
    }

    /** Tells who serves one. */
    @GET
    @Path("{version}/activation")
    @Needs(Role.VIEWER)
    public Object activation(@PathParam("version") String number, @QueryParam("wait") @Nullable String wait) {
        return activations.of(version(number).id(), Page.number("wait", wait, 0, 0, LONGEST_WAIT));
    }

    /** Keeps one. */
    @POST
    @Path("{version}/confirm")
    @Needs(Role.EDITOR)
    @Audited("config.confirm")
    public Object confirm(@Context ContainerRequestContext call, @PathParam("version") String number) {
        long version = version(number).id();
        Act act = Act.of(call);
        if (!documents.confirm(version, act.note())) {
            throw new Refused(
                    409,
                    "conflict",
                    "Version " + version + " is not the head any more (expected: the newest version).");
        }
        act.kept(version);
        return new Head(version, true, null, null, documents.managedBy().orElse(null));
    }
}
