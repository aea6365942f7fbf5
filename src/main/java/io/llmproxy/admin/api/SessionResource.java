package io.llmproxy.admin.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
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

    /** What a browser signs in with. */
    record Credentials(@Nullable String token) {}

    private record Told(
            String name,
            String role,
            String signedInBy,
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
        String token = credentials.token();
        if (token == null) {
            throw Refused.invalid("token", "missing (expected: a token)");
        }
        String name = signIn.open(request, token);
        Sessions.Session session = Objects.requireNonNull(signIn.named(name), "opened just now");
        Act.of(call).by(session.caller(), "operator_token");
        return Response.ok(told(session.caller(), session))
                .header("Set-Cookie", SignIn.cookie(request, name, Sessions.LIFE.toSeconds()))
                .build();
    }

    /** Tells who is signed in. */
    @GET
    @Needs(Role.VIEWER)
    public Response who(@Context HttpServletRequest request) {
        SignIn.Known known = (SignIn.Known) request.getAttribute(AdminApi.KNOWN);
        return Response.ok(told(known.caller(), known.session())).build();
    }

    /** Ends the session. */
    @DELETE
    @Needs(Role.VIEWER)
    @Audited("session.close")
    public Response close(@Context HttpServletRequest request) {
        signIn.close(request);
        return Response.noContent()
                .header("Set-Cookie", SignIn.cookie(request, "", 0))
                .build();
    }

    private Told told(Caller caller, Sessions.@Nullable Session session) {
        boolean store = gateway.documents().isWritable();
        return new Told(
                caller.name(),
                caller.role().label(),
                session == null ? "token" : "session",
                store ? "store" : "file",
                store && caller.role().covers(Role.EDITOR),
                gateway.version(),
                session == null ? null : time(session.idleUntil()),
                session == null ? null : time(session.ends()));
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
