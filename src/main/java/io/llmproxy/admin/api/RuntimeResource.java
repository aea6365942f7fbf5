package io.llmproxy.admin.api;

import io.llmproxy.access.Role;
import io.llmproxy.health.TestCall;
import io.llmproxy.management.UpstreamOverride;
import io.llmproxy.management.UpstreamOverride.Mode;
import io.llmproxy.upstream.CheckedUpstream;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How upstreams do on this node, and what operators change about that until the next start. */
@Path("runtime/upstreams")
@Produces(MediaType.APPLICATION_JSON)
public final class RuntimeResource {
    private static final int LONGEST_REASON = 200;
    private static final String STATUS = "status ";

    private final Gateway gateway;
    private final RuntimeViews views;

    RuntimeResource(Gateway gateway) {
        this.gateway = gateway;
        this.views = new RuntimeViews(gateway);
    }

    private record All(String node, List<RuntimeViews.View> upstreams) {}

    record State(
            @Nullable String state,
            @Nullable String until,
            @Nullable String reason) {}

    record Weight(@Nullable String group, @Nullable Integer weight) {}

    private record Tested(
            boolean ok,
            @Nullable Integer status,
            long ms,
            @Nullable String error) {}

    /** Lists all. */
    @GET
    @Needs(Role.VIEWER)
    public Object all() {
        return new All(gateway.node(), views.all());
    }

    /** Tells of one. */
    @GET
    @Path("{name}")
    @Needs(Role.VIEWER)
    public Object one(@PathParam("name") String name) {
        return views.one(name);
    }

    /** Says whether it is asked. */
    @PUT
    @Path("{name}/state")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("upstream.override")
    public Object say(@Context ContainerRequestContext call, @PathParam("name") String name, State state) {
        views.one(name);
        Mode mode = Stream.of(Mode.values())
                .filter(known -> known.label().equals(state.state()))
                .findFirst()
                .orElseThrow(() -> Refused.invalid("state", "unknown (expected: enabled, draining or disabled)"));
        String reason = state.reason();
        if (reason != null
                && (reason.length() > LONGEST_REASON || reason.chars().anyMatch(Character::isISOControl))) {
            throw Refused.invalid("reason", "not one line (expected: at most " + LONGEST_REASON + " characters)");
        }
        Instant until = Times.read("until", state.until());
        if (until != null && !until.isAfter(Instant.now())) {
            throw Refused.invalid("until", "has passed (expected: a time to come)");
        }
        return done(
                call,
                name,
                RuntimeResource::override,
                () -> gateway.operations()
                        .say(
                                name,
                                new UpstreamOverride(
                                        mode, until, reason, Caller.of(call).name(), Instant.EPOCH)));
    }

    /** Leaves it to the configuration whether it is asked. */
    @DELETE
    @Path("{name}/state")
    @Needs(Role.EDITOR)
    @Audited("upstream.override")
    public Object unsay(@Context ContainerRequestContext call, @PathParam("name") String name) {
        views.one(name);
        return done(
                call,
                name,
                RuntimeResource::override,
                () -> gateway.operations().unsay(name, Caller.of(call).name()));
    }

    /** Gives it another weight in a group. */
    @PUT
    @Path("{name}/weight")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("upstream.weight")
    public Object weigh(@Context ContainerRequestContext call, @PathParam("name") String name, Weight weight) {
        String group = member(name, weight.group());
        Integer wanted = weight.weight();
        if (wanted == null) {
            throw Refused.invalid("weight", "missing (expected: 1 to 65535)");
        }
        return done(
                call,
                name,
                view -> weight(view, group),
                () -> gateway.operations()
                        .weigh(group, name, wanted, Caller.of(call).name()));
    }

    /** Gives it the configured weight again. */
    @DELETE
    @Path("{name}/weight")
    @Needs(Role.EDITOR)
    @Audited("upstream.weight")
    public Object unweigh(
            @Context ContainerRequestContext call,
            @PathParam("name") String name,
            @QueryParam("group") @Nullable String group) {
        String known = member(name, group);
        return done(
                call,
                name,
                view -> weight(view, known),
                () -> gateway.operations().unweigh(known, name, Caller.of(call).name()));
    }

    /** Closes its breaker. */
    @POST
    @Path("{name}/breaker:reset")
    @Needs(Role.EDITOR)
    @Audited("upstream.breaker")
    public Object resetBreaker(@Context ContainerRequestContext call, @PathParam("name") String name) {
        views.one(name);
        return done(
                call,
                name,
                view -> Map.of("breaker", view.breaker()),
                () -> gateway.operations().resetBreaker(name, Caller.of(call).name()));
    }

    /** Asks it once. */
    @POST
    @Path("{name}:test")
    @Needs(Role.EDITOR)
    @Audited("upstream.test")
    public Object test(@PathParam("name") String name) {
        views.one(name);
        CheckedUpstream target = gateway.current()
                .get()
                .upstreams()
                .test(name)
                .orElseThrow(() -> new Refused(
                        409, "conflict", "upstream " + name + ": no group has it (expected: a member of a group)"));
        long begun = System.nanoTime();
        TestCall.Result result;
        try {
            result = TestCall.start(target).join();
        } catch (CompletionException e) {
            result = new TestCall.Result(false, "not sent");
        }
        String reason = result.reason();
        Integer status = reason.startsWith(STATUS) ? status(reason) : null;
        return new Tested(
                result.success(),
                status,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                result.success() ? null : reason);
    }

    private static @Nullable Integer status(String reason) {
        String digits = reason.substring(STATUS.length()).split(" ", 2)[0];
        return digits.matches("[0-9]{3}") ? Integer.valueOf(digits) : null;
    }

    private String member(String name, @Nullable String group) {
        List<String> groups = views.one(name).groups().stream()
                .map(RuntimeViews.Membership::name)
                .toList();
        if (group == null || !groups.contains(group)) {
            throw Refused.invalid(
                    "group", "not one of its groups (expected: one of " + String.join(", ", groups) + ")");
        }
        return group;
    }

    private static Map<String, Object> override(RuntimeViews.View view) {
        return Collections.singletonMap("override", view.said());
    }

    private static Map<String, Object> weight(RuntimeViews.View view, String group) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("group", group);
        view.groups().stream()
                .filter(membership -> membership.name().equals(group))
                .forEach(membership -> told.put("weight", membership.weight()));
        return told;
    }

    private Object done(
            ContainerRequestContext call,
            String name,
            Function<RuntimeViews.View, Map<String, Object>> facet,
            Runnable operation) {
        Map<String, Object> before = facet.apply(views.one(name));
        try {
            operation.run();
        } catch (IllegalArgumentException e) {
            throw new Refused(400, "invalid_request", String.valueOf(e.getMessage()));
        } catch (IllegalStateException e) {
            throw new Refused(409, "conflict", String.valueOf(e.getMessage()));
        }
        RuntimeViews.View after = views.one(name);
        Act.of(call).changes(before, facet.apply(after));
        return after;
    }
}
