package io.llmproxy.admin.api;

import io.llmproxy.access.ApiToken;
import io.llmproxy.access.Digest;
import io.llmproxy.access.People;
import io.llmproxy.access.Role;
import io.llmproxy.config.ScopeConfig;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Tokens of programs. */
@Path("tokens")
@Produces(MediaType.APPLICATION_JSON)
public final class TokensResource {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._ @/-]{0,99}");

    private final People people;
    private final ApiTokens tokens;
    private final Supplier<List<ScopeConfig>> scopes;
    private final Supplier<Instant> clock;

    TokensResource(People people, ApiTokens tokens, Supplier<List<ScopeConfig>> scopes, Supplier<Instant> clock) {
        this.scopes = scopes;
        this.people = people;
        this.tokens = tokens;
        this.clock = clock;
    }

    record NewToken(
            @Nullable String name,
            @Nullable String role,
            @Nullable String scope,
            @Nullable String expiresAt) {}

    private record Told(
            String id,
            String name,
            String role,
            @Nullable String scope,
            @Nullable String createdAt,
            String createdBy,
            @Nullable String expiresAt,
            boolean expired,
            @Nullable String usedAt) {}

    private record Made(
            String id,
            String name,
            String role,
            @Nullable String scope,
            @Nullable String createdAt,
            String createdBy,
            @Nullable String expiresAt,
            String token) {
        @Override
        public String toString() {
            return id;
        }
    }

    private record All(List<Told> tokens) {}

    /** Lists them. */
    @GET
    @Needs(Role.ADMIN)
    public Object all() {
        UsersResource.requireStore(people);
        Instant now = clock.get();
        return new All(people.tokens().stream()
                .map(token -> new Told(
                        token.id(),
                        token.name(),
                        token.role().label(),
                        token.scope(),
                        Times.told(token.createdAt()),
                        token.createdBy(),
                        Times.told(token.expiresAt()),
                        token.isExpired(now),
                        Times.told(token.usedAt())))
                .toList());
    }

    /** Makes one, and shows it for the only time. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.ADMIN)
    @Audited("token.create")
    public Response create(@Context ContainerRequestContext call, NewToken wanted) {
        UsersResource.requireStore(people);
        String name = wanted.name();
        if (name == null || !NAME.matcher(name).matches()) {
            throw Refused.invalid("name", "not a name (expected: 1 to 100 letters, digits, spaces and . _ @ / -)");
        }
        Role role = UsersResource.role(wanted.role());
        String scope = UsersResource.knownScope(wanted.scope(), scopes.get());
        Instant now = clock.get();
        Instant expires = Times.read("expires_at", wanted.expiresAt());
        if (expires != null && !expires.isAfter(now)) {
            throw Refused.invalid("expires_at", "has passed (expected: a time to come)");
        }
        String token = tokens.next();
        ApiToken made = new ApiToken(
                UUID.randomUUID().toString(),
                name,
                role,
                scope,
                now,
                Caller.of(call).name(),
                expires,
                null);
        Act act = Act.of(call);
        act.to(name);
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("id", made.id());
        told.put("role", role.label());
        if (scope != null) {
            told.put("scope", scope);
        }
        told.put("expires_at", Times.told(expires));
        act.changes(Map.of(), told);
        if (!people.create(made, Digest.of(token), act.note())) {
            throw new Refused(409, "conflict", "token " + name + ": there is one already (expected: another name)");
        }
        act.kept(null);
        return Response.created(call.getUriInfo()
                        .getBaseUriBuilder()
                        .path("tokens/{id}")
                        .build(made.id()))
                .entity(new Made(
                        made.id(),
                        name,
                        role.label(),
                        scope,
                        Times.told(now),
                        made.createdBy(),
                        Times.told(expires),
                        token))
                .build();
    }

    /** Ends one. */
    @DELETE
    @Path("{id}")
    @Needs(Role.ADMIN)
    @Audited("token.revoke")
    public Response revoke(@Context ContainerRequestContext call, @PathParam("id") String id) {
        UsersResource.requireStore(people);
        Act act = Act.of(call);
        if (!people.revoke(id, act.note())) {
            throw Refused.notFound("token", id);
        }
        tokens.doubt();
        act.kept(null);
        return Response.noContent().build();
    }
}
