package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.ScopeConfig;
import io.llmproxy.config.document.YamlEdit;
import io.llmproxy.health.StoreStanding;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The scopes, to which keys may belong: shown, and in a store added, changed and removed. */
@Path("scopes")
@Produces(MediaType.APPLICATION_JSON)
public final class ScopesResource {
    private static final String SCOPES = "scopes";
    private static final String NAME = "name";

    private final Gateway gateway;
    private final PartEdit edit;

    ScopesResource(Gateway gateway, PartEdit edit) {
        this.gateway = gateway;
        this.edit = edit;
    }

    /**
     * A scope.
     *
     * @param usable whether keys of it are let in
     * @param unusableBecause why not; null if they are
     * @param keys how many belong right to it, as far as this node knows
     */
    private record Scope(
            String name,
            String kind,
            @Nullable String parent,
            boolean enabled,
            List<String> models,
            List<LimitBody> limits,
            boolean usable,
            @Nullable String unusableBecause,
            long keys) {}

    private record Scopes(List<Scope> scopes, boolean writable) {}

    /** The scope of a name in a document. */
    private record Named(String name) implements PartEdit.Part {
        @Override
        public JsonNode in(ObjectNode document) {
            return DocumentJson.named(document, "/" + SCOPES, name);
        }

        @Override
        public String prefix(ObjectNode document) {
            int at = 0;
            for (JsonNode scope : document.path(SCOPES)) {
                if (scope.path(NAME).asText().equals(name)) {
                    return SCOPES + '[' + at + "].";
                }
                at++;
            }
            return "";
        }
    }

    /** Names the version of the configuration that this node serves. It is asked before what it names: another may follow at any time. */
    static String tag(Gateway gateway) {
        return "\"v" + gateway.documents().standing().map(StoreStanding::active).orElse(0L) + '"';
    }

    private ProxyConfig config() {
        return gateway.current().get().config();
    }

    /** Lists them, in the order of the configuration. */
    @GET
    @Needs(value = Role.VIEWER, scoped = true)
    public Response list(@Context ContainerRequestContext call) {
        String tag = tag(gateway);
        ProxyConfig config = config();
        Reach reach = Reach.of(Caller.of(call), config, gateway.documents().standing());
        List<Scope> scopes = views(
                config,
                config.scopes().stream()
                        .filter(scope -> reach.covers(scope.name()))
                        .toList());
        return Response.ok(
                        new Scopes(scopes, reach.isAll() && gateway.documents().isWritable()))
                .header("ETag", tag)
                .build();
    }

    /** Tells of one. */
    @GET
    @Path("{name: .+}")
    @Needs(value = Role.VIEWER, scoped = true)
    public Response show(@Context ContainerRequestContext call, @PathParam("name") String name) {
        String tag = tag(gateway);
        ProxyConfig config = config();
        if (!Reach.of(Caller.of(call), config, gateway.documents().standing()).covers(name)) {
            throw Refused.notFound("scope", name);
        }
        return Response.ok(views(config, List.of(find(config, name))).get(0))
                .header("ETag", tag)
                .build();
    }

    private static ScopeConfig find(ProxyConfig config, String name) {
        return config.scopes().stream()
                .filter(scope -> scope.name().equals(name))
                .findFirst()
                .orElseThrow(() -> Refused.notFound("scope", name));
    }

    private List<Scope> views(ProxyConfig config, List<ScopeConfig> scopes) {
        ScopeTree tree = ScopeTree.of(config);
        Map<String, Long> issued = gateway.keys().byScope();
        return scopes.stream()
                .map(scope -> view(
                        scope,
                        tree.refusal(scope.name()),
                        configured(config, scope.name()).size() + issued.getOrDefault(scope.name(), 0L)))
                .toList();
    }

    private static Scope view(ScopeConfig scope, @Nullable String refusal, long keys) {
        return new Scope(
                scope.name(),
                scope.kind().label(),
                scope.parent(),
                scope.enabled(),
                scope.models().stream().map(ModelPattern::text).toList(),
                LimitBody.of(scope.limits()),
                refusal == null,
                refusal,
                keys);
    }

    private static List<String> configured(ProxyConfig config, String scope) {
        return KeyViews.all(config)
                .filter(placed -> scope.equals(placed.key().scope()))
                .map(placed -> placed.key().name())
                .toList();
    }

    /** Adds one. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("scope.create")
    public Response create(
            @Context ContainerRequestContext call,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            ScopeBody body) {
        edit.requireStore();
        String name = String.valueOf(body.checked().name());
        Act.of(call).to(name);
        PartEdit.Change change = new PartEdit.Change(new Named(name), "Add the scope " + name, (document, newest) -> {
            if (document.root().named(SCOPES, name).isPresent()) {
                throw new Refused(409, "conflict", "name: " + name + " is a scope already (expected: a unique name)");
            }
            document.root().add(SCOPES, body.document());
        });
        if (ConfigResource.isDry(dryRun)) {
            return Response.ok(edit.check(call, PartEdit.NONE, change)).build();
        }
        return PartEdit.told(
                Response.created(call.getUriInfo()
                        .getBaseUriBuilder()
                        .path(SCOPES)
                        .path(name)
                        .build()),
                edit.commit(call, PartEdit.NONE, change));
    }

    /** Changes what is named, to what is said of it; null is as it is by default. */
    @PATCH
    @Path("{name: .+}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("scope.change")
    public Response change(
            @Context ContainerRequestContext call,
            @PathParam("name") String name,
            @HeaderParam("If-Match") @Nullable String tag,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            ObjectNode patch) {
        edit.requireStore();
        return done(
                call,
                tag,
                dryRun,
                new PartEdit.Change(new Named(name), "Change the scope " + name, (document, newest) -> {
                    ScopeBody before = ScopeBody.of(find(newest.config(), name));
                    changed(name, before, patch).write(section(document, name), before);
                }));
    }

    private static ScopeBody changed(String name, ScopeBody before, ObjectNode patch) {
        ScopeBody after = before.with(patch).checked();
        if (!name.equals(after.name())) {
            throw Refused.invalid(
                    NAME, "it cannot change, because keys refer to it (expected: " + name + ", or another scope)");
        }
        return after;
    }

    private static YamlEdit.Section section(YamlEdit document, String name) {
        return document.root().named(SCOPES, name).orElseThrow(() -> Refused.notFound("scope", name));
    }

    private Response done(ContainerRequestContext call, @Nullable String tag, String dryRun, PartEdit.Change change) {
        if (ConfigResource.isDry(dryRun)) {
            return Response.ok(edit.check(call, PartEdit.NONE, change)).build();
        }
        if (tag == null) {
            throw PartEdit.noTag();
        }
        return PartEdit.told(Response.ok(), edit.commit(call, edit.since(tag), change));
    }

    /** Removes one that nothing belongs to. */
    @DELETE
    @Path("{name: .+}")
    @Needs(Role.EDITOR)
    @Audited("scope.delete")
    public Response delete(
            @Context ContainerRequestContext call,
            @PathParam("name") String name,
            @HeaderParam("If-Match") @Nullable String tag,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun) {
        edit.requireStore();
        return done(
                call,
                tag,
                dryRun,
                new PartEdit.Change(new Named(name), "Remove the scope " + name, (document, newest) -> {
                    YamlEdit.Section found = section(document, name);
                    refuseUsed(newest.config(), name);
                    document.root().remove(SCOPES, found);
                }));
    }

    /** Its keys would be refused, and what is below it would have no parent. */
    private void refuseUsed(ProxyConfig config, String name) {
        List<String> users = new ArrayList<>();
        ScopeTree.of(config).below(name).forEach(below -> users.add("the scope " + below));
        configured(config, name).forEach(key -> users.add("the key " + key));
        Map<String, Long> issued = gateway.keys().byScope();
        if (issued.containsKey(name)) {
            users.add(issued.get(name) + " issued keys");
        }
        if (!users.isEmpty()) {
            throw new Refused(
                    409,
                    "conflict",
                    name + ": still used by " + String.join(", ", users) + " (expected: nothing that belongs to it)");
        }
    }
}
