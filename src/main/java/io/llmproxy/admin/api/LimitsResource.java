package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.load.LimitsText;
import io.llmproxy.quota.LimitHistory.Course;
import io.llmproxy.quota.Standing;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The limits of a configuration: how much is used of each, and how budgets were used up. Those for all clients together are changed here. */
@Path("limits")
@Produces(MediaType.APPLICATION_JSON)
public final class LimitsResource {
    private static final String LIMITS = "limits";
    private static final Comparator<Standing> GATEWAY_FIRST = Comparator.comparing(
                    (Standing standing) -> standing.limit().subject().kind())
            .reversed()
            .thenComparing(standing -> standing.limit().subject().name())
            .thenComparing(standing -> standing.limit().text());

    private final Gateway gateway;
    private final PartEdit edit;
    private final Supplier<Instant> clock;

    LimitsResource(Gateway gateway, PartEdit edit, Supplier<Instant> clock) {
        this.gateway = gateway;
        this.edit = edit;
        this.clock = clock;
    }

    private record Subject(String kind, String name) {}

    private record One(
            String id, Subject subject, @JsonUnwrapped LimitLeft left) {
        static One of(Standing standing, Instant now) {
            io.llmproxy.quota.Subject subject = standing.limit().subject();
            return new One(
                    standing.limit().code(),
                    new Subject(subject.kind().label(), subject.name()),
                    LimitLeft.of(standing, now));
        }
    }

    /**
     * All limits.
     *
     * @param node which node tells
     * @param shared whether nodes share them
     * @param writable whether they can be changed here
     * @param common those for all clients together, as they are configured
     * @param limits how much is left of each
     */
    private record All(String node, boolean shared, boolean writable, List<LimitBody> common, List<One> limits) {}

    private record Point(
            @Nullable String at,
            @JsonSerialize(using = LimitBody.Plain.class) Double used) {}

    /**
     * How a limit was used.
     *
     * @param from when its window began
     * @param to when its window ends; null for never
     * @param points how much was used when; none if it is no budget
     */
    private record Used(
            String node,
            One limit,
            @Nullable String from,
            @Nullable String to,
            List<Point> points) {}

    record Wanted(@Nullable List<@Nullable LimitBody> limits) {}

    /** The list for all clients together. */
    private enum Common implements PartEdit.Part {
        LIST;

        @Override
        public JsonNode in(ObjectNode document) {
            return document.path(LIMITS);
        }

        @Override
        public String prefix(ObjectNode document) {
            return "";
        }
    }

    private List<Standing> standings() {
        return gateway.current().get().quotas().standings();
    }

    /** Lists those of the configuration: of the gateway, of scopes and of keys. */
    @GET
    @Needs(value = Role.VIEWER, scoped = true)
    public Response list(@Context ContainerRequestContext call) {
        String tag = ScopesResource.tag(gateway);
        Gateway.Current current = gateway.current().get();
        Instant now = clock.get();
        Reach reach =
                Reach.of(Caller.of(call), current.config(), gateway.documents().standing());
        List<One> limits = current.quotas().standings().stream()
                .filter(standing -> reach.covers(standing.limit().subject(), current.config()))
                .sorted(GATEWAY_FIRST)
                .map(standing -> One.of(standing, now))
                .toList();
        return Response.ok(new All(
                        gateway.node(),
                        current.config().redis() != null,
                        reach.isAll() && gateway.documents().isWritable(),
                        reach.isAll() ? LimitBody.of(current.config().limits()) : List.of(),
                        limits))
                .header("ETag", tag)
                .build();
    }

    /** Tells how one was used in its window until now. */
    @GET
    @Path("{id}")
    @Needs(value = Role.VIEWER, scoped = true)
    public Object show(@Context ContainerRequestContext call, @PathParam("id") String id) {
        ProxyConfig config = gateway.current().get().config();
        Reach reach = Reach.of(Caller.of(call), config, gateway.documents().standing());
        Standing standing = standings().stream()
                .filter(one -> one.limit().code().equals(id))
                .filter(one -> reach.covers(one.limit().subject(), config))
                .findFirst()
                .orElseThrow(() -> Refused.notFound("limit", id));
        Instant now = clock.get();
        One limit = One.of(standing, now);
        Course course = gateway.figures().budgets().course(standing, now.toEpochMilli());
        if (course == null) {
            return new Used(gateway.node(), limit, null, null, List.of());
        }
        LimitConfig limited = standing.limit().config();
        Long end = course.end();
        return new Used(
                gateway.node(),
                limit,
                told(course.start()),
                end == null ? null : told(end),
                course.points().stream()
                        .map(point -> new Point(told(point.at()), limited.amountOf(point.used())))
                        .toList());
    }

    private static @Nullable String told(long millis) {
        return Times.told(Instant.ofEpochMilli(millis));
    }

    /** Puts a list in the place of that for all clients together. */
    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("limits.change")
    public Response replace(
            @Context ContainerRequestContext call,
            @HeaderParam("If-Match") @Nullable String tag,
            @QueryParam("dry_run") @DefaultValue("false") String dryRun,
            Wanted wanted) {
        edit.requireStore();
        List<@Nullable LimitBody> limits = wanted.limits();
        if (limits == null) {
            throw Refused.invalid(LIMITS, "missing (expected: a list, which may be empty)");
        }
        check(limits);
        PartEdit.Change change =
                new PartEdit.Change(Common.LIST, "Change the limits for all clients together", (document, newest) -> {
                    if (limits.isEmpty()) {
                        document.root().drop(LIMITS);
                    } else {
                        document.root().set(LIMITS, documents(limits));
                    }
                });
        if (ConfigResource.isDry(dryRun)) {
            return Response.ok(edit.check(call, PartEdit.NONE, change)).build();
        }
        if (tag == null) {
            throw PartEdit.noTag();
        }
        return PartEdit.told(Response.ok(), edit.commit(call, edit.since(tag), change));
    }

    /** Refuses what are no limits, each with its path. */
    static void check(List<@Nullable LimitBody> limits) {
        LimitsText.Read read = LimitBody.read(limits);
        if (!read.problems().isEmpty()) {
            List<Finding> found = read.problems().stream()
                    .map(problem ->
                            new Finding(null, problem.path().isEmpty() ? LIMITS : problem.path(), problem.message()))
                    .toList();
            Finding first = found.get(0);
            throw new Refused(400, "invalid_request", first.path() + ": " + first.message()).with(found);
        }
    }

    /** As they stand in a configuration. */
    static List<Map<String, Object>> documents(List<@Nullable LimitBody> limits) {
        return limits.stream().filter(Objects::nonNull).map(LimitBody::document).toList();
    }
}
