package io.llmproxy.admin.api;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

/**
 * The way to the identity provider. It stands beside {@code session} and not below it: cookies state no path, and those of both are to go
 * to both.
 */
@Path("sign-in")
@Produces(MediaType.APPLICATION_JSON)
public final class SignInResource {
    private final SignIn signIn;

    SignInResource(SignIn signIn) {
        this.signIn = signIn;
    }

    record Wanted(@Nullable String page) {}

    private record Told(String location) {}

    /** Tells where the browser is to go. It comes back to the page, which then opens a session. */
    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response depart(@Context HttpServletRequest request, Wanted wanted) {
        SignIn.Departure departure = signIn.depart(request, wanted.page());
        return Response.ok(new Told(departure.location().toString()))
                .header("Set-Cookie", departure.cookie())
                .build();
    }
}
