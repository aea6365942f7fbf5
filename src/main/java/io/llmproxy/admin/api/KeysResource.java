package io.llmproxy.admin.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ProxyConfig;
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
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The client keys: those of the configuration are shown, others are issued, changed, rotated and deleted. */
@Path("keys")
@Produces(MediaType.APPLICATION_JSON)
public final class KeysResource {
    private static final long LONGEST_GRACE = Duration.ofDays(30).toSeconds();

    private final Gateway gateway;
    private final KeyActs acts;

    KeysResource(Gateway gateway) {
        this.gateway = gateway;
        this.acts = new KeyActs(gateway);
    }

    record Keys(List<KeyViews.View> keys, @Nullable String next, boolean writable) {}

    /**
     * A key that was issued.
     *
     * @param secret the key itself, this once; null if it was told before
     */
    record Issued(KeyViews.View key, @Nullable String secret) {}

    private record Limits(String node, List<LimitLeft> limits) {}

    record Rotation(@Nullable Long graceSeconds) {}

    private IssuedKeys keys() {
        return gateway.keys();
    }

    private ProxyConfig config() {
        return gateway.current().get().config();
    }

    private KeyViews views() {
        return new KeyViews(ScopeTree.of(config()), Instant.now());
    }

    /** Lists keys. Those of the configuration are on the first page: they are few. */
    @GET
    @Needs(value = Role.VIEWER, scoped = true)
    public Object list(
            @Context ContainerRequestContext call,
            @QueryParam("q") @DefaultValue("") String beginning,
            @QueryParam("digest") @Nullable String digest,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("cursor") @Nullable String cursor) {
        int most = Page.limit(limit);
        String after = Page.read(cursor);
        KeyViews views = views();
        Reach reach = reach(call);
        List<KeyViews.View> shown = new ArrayList<>();
        if (digest != null) {
            KeyDigest wanted = digest(digest);
            KeyViews.all(config())
                    .filter(placed -> reach.covers(placed.key().scope()))
                    .filter(placed -> KeyDigest.configured(placed.key().key()).equals(wanted))
                    .forEach(placed -> shown.add(views.view(placed)));
            keys().find(wanted).filter(reach::covers).ifPresent(key -> shown.add(views.of(key)));
            return new Keys(shown, null, keys().isWritable());
        }
        String begin = beginning.strip();
        if (after == null) {
            views.of(config()).stream()
                    .filter(key -> reach.covers(key.scope()) && begins(key, begin))
                    .forEach(shown::add);
        }
        List<IssuedKey> page = keys().page(begin, reach.scopes(), after, most + 1);
        boolean more = page.size() > most;
        page.stream().limit(most).map(key -> views.of(key)).forEach(shown::add);
        String next = more ? Page.cursor(page.get(most - 1).config().name()) : null;
        return new Keys(shown, next, keys().isWritable());
    }

    private static boolean begins(KeyViews.View key, String beginning) {
        return key.name().toLowerCase(Locale.ROOT).startsWith(beginning.toLowerCase(Locale.ROOT))
                || (key.hint() != null && !beginning.isEmpty() && key.hint().startsWith(beginning));
    }

    private static KeyDigest digest(String text) {
        return Optional.of(KeyDigest.isDigest(text) ? text : "sha256:" + text)
                .flatMap(KeyDigest::parse)
                .orElseThrow(() -> Refused.invalid("digest", "not a digest (expected: 64 hexadecimal digits)"));
    }

    /** Shows a key. */
    @GET
    @Path("{id}")
    @Needs(value = Role.VIEWER, scoped = true)
    public Response show(@Context ContainerRequestContext call, @PathParam("id") String id) {
        return shown(known(call, id));
    }

    private Reach reach(ContainerRequestContext call) {
        return Reach.of(Caller.of(call), config(), gateway.documents().standing());
    }

    /** A key beyond the caller's reach is as good as none. */
    private IssuedKey known(ContainerRequestContext call, String id) {
        return keys().find(id).filter(reach(call)::covers).orElseThrow(() -> Refused.notFound("key", id));
    }

    private Response shown(IssuedKey key) {
        return Response.ok(views().of(key)).header("ETag", KeyViews.tag(key)).build();
    }

    /** Tells how much is left of the limits of a key, as this node knows. */
    @GET
    @Path("{id}/limits")
    @Needs(value = Role.VIEWER, scoped = true)
    public Object limits(@Context ContainerRequestContext call, @PathParam("id") String id) {
        known(call, id);
        Instant now = Instant.now();
        return new Limits(
                gateway.node(),
                keys().standings(id).stream()
                        .map(standing -> LimitLeft.of(standing, now))
                        .toList());
    }

    /** Issues a key. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(value = Role.EDITOR, scoped = true)
    @Audited("key.issue")
    public Response issue(
            @Context ContainerRequestContext call,
            @HeaderParam("Idempotency-Key") @Nullable String requestKey,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            KeyBody wanted) {
        requireStore();
        Reach reach = reach(call);
        KeyBody body = wanted.scope() == null ? wanted.within(Caller.of(call).scope()) : wanted;
        reach.require(body.scope());
        acts.check(body, null);
        String by = Caller.of(call).name();
        String secret = NewSecret.key();
        ClientKeyConfig config = body.config(KeyDigest.of(secret).configured());
        String hint = Objects.requireNonNull(KeyViews.hint(secret), "long enough");
        if (ConfigResource.isDry(dryRun)) {
            IssuedKey thought = new IssuedKey("", config, null, body.opens(), null, by, Instant.now(), 0);
            return Response.ok(views().of(thought)).build();
        }
        Act act = Act.of(call);
        act.to(config.name());
        act.changes(Map.of(), KeyActs.told(body));
        IssuedKeys.Issued issued = KeyActs.stored(
                act,
                () -> keys().issue(config, hint, body.opens(), RequestKey.of(Caller.of(call), requestKey), act.note()));
        IssuedKey key = issued.key();
        if (issued.again() && !(key.config().name().equals(config.name()) && reach.covers(key))) {
            throw new Refused(
                    409, "conflict", "Idempotency-Key: another key was issued with it (expected: a unique one)");
        }
        Issued told = new Issued(views().of(key), issued.again() ? null : secret);
        Response.ResponseBuilder answer = issued.again()
                ? Response.ok(told)
                : Response.created(call.getUriInfo()
                                .getBaseUriBuilder()
                                .path("keys/" + key.id())
                                .build())
                        .entity(told);
        return answer.header("ETag", KeyViews.tag(key)).build();
    }

    /** Changes what a key may do: what is named, to what is said of it; null takes a limit away. */
    @PATCH
    @Path("{id}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(value = Role.EDITOR, scoped = true)
    @Audited("key.change")
    public Response change(
            @Context ContainerRequestContext call,
            @PathParam("id") String id,
            @HeaderParam("If-Match") @Nullable String tag,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            ObjectNode patch) {
        requireStore();
        IssuedKey key = matching(call, id, tag);
        KeyBody body = merged(KeyBody.of(key), patch);
        Reach reach = reach(call);
        reach.require(body.scope());
        if (!reach.isAll() && !key.config().name().equals(body.name())) {
            // What a key used is told by its name: another's past would come with it.
            throw new Refused(
                    403,
                    "forbidden",
                    "name: a role that is bound to a scope gives no key another name (expected: "
                            + key.config().name() + ")");
        }
        acts.check(body, key);
        ClientKeyConfig config = body.config(key.config().key());
        if (ConfigResource.isDry(dryRun)) {
            IssuedKey thought = new IssuedKey(
                    key.id(),
                    config,
                    key.hint(),
                    body.opens(),
                    key.previous(),
                    key.createdBy(),
                    key.createdAt(),
                    key.revision());
            return Response.ok(views().of(thought)).build();
        }
        Act act = Act.of(call);
        act.changes(KeyActs.told(KeyBody.of(key)), KeyActs.told(body));
        return shown(KeyActs.stored(act, () -> keys().change(key, config, body.opens(), act.note())));
    }

    private static KeyBody merged(KeyBody before, ObjectNode patch) {
        ObjectNode merged = Json.MAPPER.valueToTree(before);
        patch.properties().forEach(member -> merged.set(member.getKey(), member.getValue()));
        try {
            return Json.MAPPER.treeToValue(merged, KeyBody.class);
        } catch (JsonProcessingException e) {
            throw JsonBodies.unreadable(e);
        }
    }

    /** Deletes a key. */
    @DELETE
    @Path("{id}")
    @Needs(value = Role.EDITOR, scoped = true)
    @Audited("key.delete")
    public Response delete(
            @Context ContainerRequestContext call,
            @PathParam("id") String id,
            @HeaderParam("If-Match") @Nullable String tag,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun) {
        requireStore();
        IssuedKey key = matching(call, id, tag);
        if (!ConfigResource.isDry(dryRun)) {
            Act act = Act.of(call);
            act.changes(KeyActs.told(KeyBody.of(key)), Map.of());
            KeyActs.stored(act, () -> {
                keys().delete(key, act.note());
                return key;
            });
        }
        return Response.noContent().build();
    }

    /** Gives a key another value; the one until now works on for a while. */
    @POST
    @Path("{id}/rotate")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(value = Role.EDITOR, scoped = true)
    @Audited("key.rotate")
    public Response rotate(
            @Context ContainerRequestContext call,
            @PathParam("id") String id,
            @HeaderParam("If-Match") @Nullable String tag,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            Rotation rotation) {
        requireStore();
        long grace = rotation.graceSeconds() == null ? 0 : rotation.graceSeconds();
        if (grace < 0 || grace > LONGEST_GRACE) {
            throw Refused.invalid("grace_seconds", grace + " (expected: 0 to " + LONGEST_GRACE + ")");
        }
        IssuedKey key = matching(call, id, tag);
        if (ConfigResource.isDry(dryRun)) {
            return shown(key);
        }
        String secret = NewSecret.key();
        String hint = Objects.requireNonNull(KeyViews.hint(secret), "long enough");
        Act act = Act.of(call);
        act.changes(Map.of("name", key.config().name()), Map.of("grace_seconds", grace));
        IssuedKey next = KeyActs.stored(
                act, () -> keys().rotate(key, KeyDigest.of(secret), hint, Duration.ofSeconds(grace), act.note()));
        return Response.ok(new Issued(views().of(next), secret))
                .header("ETag", KeyViews.tag(next))
                .build();
    }

    private void requireStore() {
        if (!keys().isWritable()) {
            throw new UnavailableException(
                    Unavailable.READ_ONLY,
                    "The configuration is a file: change its keys and reload it, or start with a store.");
        }
    }

    private IssuedKey matching(ContainerRequestContext call, String id, @Nullable String tag) {
        IssuedKey key = known(call, id);
        if (tag == null) {
            throw new Refused(
                    428,
                    "precondition_required",
                    "If-Match is missing (expected: the ETag of the key, which the change was made from).");
        }
        if (!KeyViews.tag(key).equals(tag.strip())) {
            throw changed(key);
        }
        return key;
    }

    private Refused changed(IssuedKey key) {
        return new Refused(
                        412,
                        "precondition_failed",
                        "Key " + key.config().name() + " was changed in the meantime; nothing was changed.")
                .with(Map.of("current", views().of(key)));
    }
}
