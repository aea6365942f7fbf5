package io.llmproxy.admin.api;

import io.llmproxy.access.KeptSession;
import io.llmproxy.access.Role;
import io.llmproxy.access.User;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who is signed in. */
@Path("session")
@Produces(MediaType.APPLICATION_JSON)
public final class SessionResource {
    private final SignIn signIn;
    private final Gateway gateway;

    SessionResource(SignIn signIn, Gateway gateway) {
        this.signIn = signIn;
        this.gateway = gateway;
    }

    /**
     * What a browser signs in with: the operators' token, or name and password, or what it has come back with from the identity
     * provider.
     */
    record Credentials(
            @Nullable String token,
            @Nullable String name,
            @Nullable String password,
            @Nullable String code,
            @Nullable String state,
            @Nullable String iss,
            @Nullable String page) {
        @Override
        public String toString() {
            return "***";
        }
    }

    record NewPassword(@Nullable String current, @Nullable String password) {
        @Override
        public String toString() {
            return "***";
        }
    }

    private record Told(
            String name,
            String role,
            @Nullable String scope,
            String signedInBy,
            String authentication,
            String mode,
            boolean writable,
            String version,
            @Nullable String idleUntil,
            @Nullable String expiresAt) {}

    /** Opens a session. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Audited("session.open")
    public Response open(
            @Context HttpServletRequest request, @Context ContainerRequestContext call, Credentials credentials) {
        SignIn.Arrival arrived = opened(request, credentials);
        String name = arrived.session();
        Sessions.Session session = signIn.named(name);
        if (session == null) {
            throw new Refused(409, "conflict", "The configuration has changed meanwhile; sign in once more.");
        }
        Act act = Act.of(call);
        act.by(session.caller(), session.caller().authentication());
        if (!arrived.identity().isEmpty()) {
            act.changes(Map.of(), arrived.identity());
        }
        Response.ResponseBuilder answer = Response.ok(told(session.caller(), session))
                .header("Set-Cookie", SignIn.cookie(request, name, Sessions.LIFE.toSeconds()));
        arrived.cookies().forEach(cookie -> answer.header("Set-Cookie", cookie));
        return answer.build();
    }

    private SignIn.Arrival opened(HttpServletRequest request, Credentials credentials) {
        String code = credentials.code();
        String state = credentials.state();
        if (code != null && state != null) {
            return signIn.arrive(request, code, state, credentials.iss(), credentials.page());
        }
        String token = credentials.token();
        if (token != null) {
            return SignIn.Arrival.of(signIn.open(request, token));
        }
        if (credentials.name() == null || credentials.password() == null) {
            throw Refused.invalid("token", "missing (expected: a token, or name and password, or code and state)");
        }
        return SignIn.Arrival.of(signIn.open(request, credentials.name(), credentials.password()));
    }

    /** Tells how one can sign in. */
    @GET
    @Path("ways")
    public Object ways(@Context HttpServletRequest request) {
        return signIn.ways(request);
    }

    /** Gives the one who is signed in another password. Other sessions of the user end, and this one, too. */
    @PUT
    @Path("password")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(value = Role.VIEWER, scoped = true)
    @Audited("user.password")
    public Response password(
            @Context HttpServletRequest request, @Context ContainerRequestContext call, NewPassword wanted) {
        Caller caller = ((SignIn.Known) request.getAttribute(AdminApi.KNOWN)).caller();
        if (!caller.authentication().equals(KeptSession.PASSWORD)) {
            throw new Refused(409, "conflict", "The caller has no password here (expected: one of /users).");
        }
        String current = wanted.current();
        String password = wanted.password();
        if (current == null || password == null) {
            throw Refused.invalid("password", "missing (expected: the current password, and the new one)");
        }
        String hash = Passwords.hash(caller.name(), password);
        if (!signIn.passwords().isRight(signIn.address(request), caller.name(), current)) {
            throw new Refused(403, "forbidden", "The current password is wrong.");
        }
        Act act = Act.of(call);
        act.to(caller.name());
        if (gateway.people()
                .change(caller.name(), new User.Change(null, null, null, hash), true, act.note())
                .isEmpty()) {
            throw Refused.notFound("user", caller.name());
        }
        act.kept(null);
        signIn.doubt(caller.name());
        // The cookie's session has ended with the old password. Below this path a browser would take the line for
        // another cookie.
        return Response.noContent().build();
    }

    /** Tells who is signed in. */
    @GET
    @Needs(value = Role.VIEWER, scoped = true)
    public Response who(@Context HttpServletRequest request) {
        SignIn.Known known = (SignIn.Known) request.getAttribute(AdminApi.KNOWN);
        return Response.ok(told(known.caller(), known.session())).build();
    }

    private record Left(String location) {}

    /** Ends the session; tells where the browser is to go, if the person has come from an identity provider. */
    @DELETE
    @Needs(value = Role.VIEWER, scoped = true)
    @Audited("session.close")
    public Response close(@Context HttpServletRequest request, @QueryParam("page") @Nullable String page) {
        Caller caller = ((SignIn.Known) request.getAttribute(AdminApi.KNOWN)).caller();
        Response.ResponseBuilder answer = signIn.leave(request, caller, page)
                .map(location -> Response.ok(new Left(location.toString())))
                .orElseGet(Response::noContent);
        SignIn.forgotten(request).forEach(cookie -> answer.header("Set-Cookie", cookie));
        return answer.build();
    }

    private Told told(Caller caller, Sessions.@Nullable Session session) {
        boolean store = gateway.documents().isWritable();
        return new Told(
                caller.name(),
                caller.role().label(),
                caller.scope(),
                session != null
                        ? "session"
                        : caller.authentication().equals(ProxySignIn.AUTHENTICATION) ? "proxy" : "token",
                caller.authentication(),
                store ? "store" : "file",
                store && caller.scope() == null && caller.role().covers(Role.EDITOR),
                gateway.version(),
                session == null ? null : time(session.idleUntil()),
                session == null ? null : time(session.ends()));
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
