package io.llmproxy.admin.api;

import io.llmproxy.access.People;
import io.llmproxy.access.People.LastAdminException;
import io.llmproxy.access.Role;
import io.llmproxy.access.User;
import io.llmproxy.config.ScopeConfig;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
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
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Those who sign in with a password. */
@Path("users")
@Produces(MediaType.APPLICATION_JSON)
public final class UsersResource {
    /** The audit calls others so. */
    private static final Set<String> TAKEN = Set.of("operator", "llmproxy", "unknown");

    private final People people;
    private final SignIn signIn;
    private final Supplier<List<ScopeConfig>> scopes;
    private final Supplier<Instant> clock;

    /**
     * @param people where they are kept
     * @param signIn told of changes; knows whether there is a way to sign in without an admin
     * @param scopes those of the configuration
     * @param clock tells the time
     */
    UsersResource(People people, SignIn signIn, Supplier<List<ScopeConfig>> scopes, Supplier<Instant> clock) {
        this.scopes = scopes;
        this.people = people;
        this.signIn = signIn;
        this.clock = clock;
    }

    record NewUser(
            @Nullable String name,
            @Nullable String password,
            @Nullable String role,
            @Nullable String scope) {
        @Override
        public String toString() {
            return String.valueOf(name);
        }
    }

    /** An empty scope takes it away. */
    record UserChange(
            @Nullable String role,
            @Nullable String scope,
            @Nullable Boolean enabled,
            @Nullable String password) {
        @Override
        public String toString() {
            return role + " " + enabled;
        }
    }

    private record Told(
            String name,
            String role,
            @Nullable String scope,
            boolean enabled,
            @Nullable String createdAt,
            String createdBy,
            @Nullable String passwordAt,
            @Nullable String signedInAt) {}

    private record All(List<Told> users) {}

    private static Told told(User user) {
        return new Told(
                user.name(),
                user.role().label(),
                user.scope(),
                user.enabled(),
                Times.told(user.createdAt()),
                user.createdBy(),
                Times.told(user.passwordAt()),
                Times.told(user.seenAt()));
    }

    /** Refuses what needs a store. */
    static void requireStore(People people) {
        if (!people.isKept()) {
            throw new Refused(
                    409,
                    "file_mode",
                    "Users and tokens are kept in a store: start with one, or use the operators' token.");
        }
    }

    /** Reads a role. */
    static Role role(@Nullable String label) {
        return Role.of(String.valueOf(label))
                .orElseThrow(() -> Refused.invalid("role", "unknown (expected: viewer, editor or admin)"));
    }

    private @Nullable String scope(@Nullable String name) {
        return knownScope(name, scopes.get());
    }

    /** Reads the name of a scope; null stays null. */
    static @Nullable String knownScope(@Nullable String name, List<ScopeConfig> scopes) {
        if (name != null && name.length() > ScopeConfig.LONGEST_BOUND) {
            throw Refused.invalid(
                    "scope", "too long for a role (expected: at most " + ScopeConfig.LONGEST_BOUND + " characters)");
        }
        if (name != null && scopes.stream().noneMatch(scope -> scope.name().equals(name))) {
            String expected = scopes.isEmpty()
                    ? "none, as the configuration has no scopes"
                    : scopes.stream().map(ScopeConfig::name).collect(Collectors.joining(", "));
            throw Refused.invalid("scope", name + ": no such scope (expected: " + expected + ")");
        }
        return name;
    }

    /** Lists them. */
    @GET
    @Needs(Role.ADMIN)
    public Object all() {
        requireStore(people);
        return new All(people.users().stream().map(UsersResource::told).toList());
    }

    /** Makes one. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.ADMIN)
    @Audited("user.create")
    public Response create(@Context ContainerRequestContext call, NewUser wanted) {
        requireStore(people);
        String name = wanted.name() == null ? "" : wanted.name().toLowerCase(Locale.ROOT);
        if (!Passwords.NAME.matcher(name).matches() || TAKEN.contains(name)) {
            throw Refused.invalid("name", "not a name (expected: 1 to 100 letters, digits and . _ @ -)");
        }
        Role role = role(wanted.role());
        String scope = scope(wanted.scope());
        if (wanted.password() == null) {
            throw Refused.invalid("password", "missing (expected: a password)");
        }
        String hash = Passwords.hash(name, wanted.password());
        Instant now = clock.get();
        User user = new User(name, role, scope, true, now, Caller.of(call).name(), now, null);
        Act act = Act.of(call);
        act.to(name);
        Map<String, Object> made = new LinkedHashMap<>();
        made.put("role", role.label());
        made.put("enabled", true);
        if (scope != null) {
            made.put("scope", scope);
        }
        act.changes(Map.of(), made);
        if (!people.create(new User.Account(user, hash), act.note())) {
            throw new Refused(409, "conflict", "user " + name + ": there is one already (expected: another name)");
        }
        act.kept(null);
        return Response.created(call.getUriInfo()
                        .getBaseUriBuilder()
                        .path("users/{name}")
                        .build(name))
                .entity(told(user))
                .build();
    }

    /** Changes one. */
    @PATCH
    @Path("{name}")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.ADMIN)
    @Audited("user.change")
    public Object change(@Context ContainerRequestContext call, @PathParam("name") String name, UserChange wanted) {
        requireStore(people);
        User before = people.account(name).map(User.Account::user).orElseThrow(() -> Refused.notFound("user", name));
        Role role = wanted.role() == null ? null : role(wanted.role());
        String hash = wanted.password() == null ? null : Passwords.hash(name, wanted.password());
        Map<String, Object> from = new LinkedHashMap<>();
        Map<String, Object> to = new LinkedHashMap<>();
        if (role != null && role != before.role()) {
            from.put("role", before.role().label());
            to.put("role", role.label());
        }
        String scope = wanted.scope() == null || wanted.scope().isEmpty() ? wanted.scope() : scope(wanted.scope());
        // Where a scope was lost, to take it away gives the role for the whole gateway.
        String next = scope == null || scope.isEmpty() ? null : scope;
        if (scope != null && !Objects.equals(next, before.scope())) {
            from.put("scope", before.scope());
            to.put("scope", next);
        }
        Boolean enabled = wanted.enabled();
        if (enabled != null && enabled != before.enabled()) {
            from.put("enabled", before.enabled());
            to.put("enabled", enabled);
        }
        if (hash != null) {
            from.put("password", "***");
            to.put("password", "***");
        }
        Act act = Act.of(call);
        act.changes(from, to);
        User after = guarded(
                () -> people.change(name, new User.Change(role, scope, enabled, hash), signIn.hasToken(), act.note())
                        .orElseThrow(() -> Refused.notFound("user", name)));
        act.kept(null);
        signIn.doubt(name);
        return told(after);
    }

    /** Removes one. */
    @DELETE
    @Path("{name}")
    @Needs(Role.ADMIN)
    @Audited("user.remove")
    public Response remove(@Context ContainerRequestContext call, @PathParam("name") String name) {
        requireStore(people);
        Act act = Act.of(call);
        boolean removed = guarded(() -> people.remove(name, signIn.hasToken(), act.note()));
        if (!removed) {
            throw Refused.notFound("user", name);
        }
        act.kept(null);
        signIn.doubt(name);
        return Response.noContent().build();
    }

    private static <T> T guarded(Supplier<T> change) {
        try {
            return change.get();
        } catch (LastAdminException e) {
            throw new Refused(
                    409,
                    "last_admin",
                    "No admin would be left, and no operators' token is set (http_server.admin.token).");
        }
    }
}
