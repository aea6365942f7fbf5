package io.llmproxy.admin.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llmproxy.access.Role;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.ForwardConfig;
import io.llmproxy.config.GroupConfig;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.RouteConfig;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.upstream.Upstream;
import io.llmproxy.upstream.UpstreamGroup;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Forwards, groups and upstreams: parts of the configuration, with what follows from them. */
@Path("")
@Produces(MediaType.APPLICATION_JSON)
public final class ViewsResource {
    private final Gateway gateway;
    private final ConfigText text;

    ViewsResource(Gateway gateway, ConfigText text) {
        this.gateway = gateway;
        this.text = text;
    }

    record Forward(
            String name,
            String address,
            int port,
            @Nullable String upstreamGroup,
            List<String> groups,
            List<String> keys,
            JsonNode config) {}

    record Member(String name, int weight, double effectiveWeight, String state) {}

    record Group(String name, String balance, List<Member> upstreams, List<String> forwards, JsonNode config) {}

    record Backend(
            String name,
            String url,
            String provider,
            boolean enabled,
            List<String> models,
            List<String> groups,
            JsonNode config) {}

    private record Forwards(List<Forward> forwards) {}

    private record Groups(List<Group> groups) {}

    private record Backends(List<Backend> upstreams) {}

    private ProxyConfig config() {
        return gateway.current().get().config();
    }

    /** @param shown what the view was made of: another version may follow at any time */
    private static Response tagged(Object view, EntityChanges.Kind kind, String name, ConfigText.Shown shown) {
        return Response.ok(view)
                .header("ETag", EntityChanges.tag(kind, name, shown))
                .build();
    }

    /** Lists the forwards. */
    @GET
    @Path("forwards")
    @Needs(Role.VIEWER)
    public Object forwards() {
        ObjectNode document = text.head().json();
        ProxyConfig config = config();
        return new Forwards(config.httpServer().forwards().stream()
                .map(forward -> view(forward, config, document))
                .toList());
    }

    /** Tells of one forward. */
    @GET
    @Path("forwards/{name}")
    @Needs(Role.VIEWER)
    public Response forward(@PathParam("name") String name) {
        ConfigText.Shown shown = text.head();
        ProxyConfig config = config();
        Forward found =
                view(find("forward", name, config.httpServer().forwards(), ForwardConfig::name), config, shown.json());
        return tagged(found, EntityChanges.Kind.FORWARD, name, shown);
    }

    private static Forward view(ForwardConfig forward, ProxyConfig config, ObjectNode document) {
        List<String> reached = config.upstreams().stream()
                .filter(upstream -> config.reachable(forward).contains(upstream.name()))
                .flatMap(upstream -> upstream.keys().stream())
                .map(ClientKeyConfig::name)
                .toList();
        List<String> own = Stream.of(config.keys(), forward.keys())
                .flatMap(List::stream)
                .map(ClientKeyConfig::name)
                .toList();
        return new Forward(
                forward.name(),
                forward.address().toString(),
                forward.port(),
                forward.upstreamGroup(),
                groups(forward),
                Stream.concat(own.stream(), reached.stream()).distinct().toList(),
                DocumentJson.named(document, "/http_server/forwards", forward.name()));
    }

    static List<String> groups(ForwardConfig forward) {
        return Stream.concat(
                        Stream.ofNullable(forward.upstreamGroup()),
                        forward.routing().stream().map(RouteConfig::targetGroup))
                .distinct()
                .toList();
    }

    static List<String> forwards(ProxyConfig config, String group) {
        return config.httpServer().forwards().stream()
                .filter(forward -> groups(forward).contains(group))
                .map(ForwardConfig::name)
                .toList();
    }

    static List<String> groups(ProxyConfig config, String upstream) {
        return config.upstreamGroups().stream()
                .filter(group -> group.upstreams().stream()
                        .anyMatch(member -> member.name().equals(upstream)))
                .map(GroupConfig::name)
                .toList();
    }

    private static <T> T find(String kind, String name, List<T> all, Function<T, String> naming) {
        return all.stream()
                .filter(one -> naming.apply(one).equals(name))
                .findFirst()
                .orElseThrow(() -> Refused.notFound(kind, name));
    }

    /** Lists the groups. */
    @GET
    @Path("groups")
    @Needs(Role.VIEWER)
    public Object groups() {
        ObjectNode document = text.head().json();
        Gateway.Current current = gateway.current().get();
        return new Groups(current.upstreams().groups().stream()
                .map(group -> view(group, current, document))
                .toList());
    }

    /** Tells of one group. */
    @GET
    @Path("groups/{name}")
    @Needs(Role.VIEWER)
    public Response group(@PathParam("name") String name) {
        ConfigText.Shown shown = text.head();
        Gateway.Current current = gateway.current().get();
        Group found =
                view(find("group", name, current.upstreams().groups(), UpstreamGroup::name), current, shown.json());
        return tagged(found, EntityChanges.Kind.GROUP, name, shown);
    }

    private static Group view(UpstreamGroup group, Gateway.Current current, ObjectNode document) {
        long now = System.nanoTime();
        Map<String, String> states = current.upstreams().all().stream()
                .collect(Collectors.toMap(
                        Upstream::name, upstream -> upstream.standing(now).label()));
        return new Group(
                group.name(),
                group.balancer(),
                group.shares(now).stream()
                        .map(share -> new Member(
                                share.upstream(),
                                share.weight(),
                                share.effective(),
                                states.getOrDefault(share.upstream(), "")))
                        .toList(),
                forwards(current.config(), group.name()),
                DocumentJson.named(document, "/upstream_groups", group.name()));
    }

    /** Lists the upstreams. */
    @GET
    @Path("upstreams")
    @Needs(Role.VIEWER)
    public Object upstreams() {
        ObjectNode document = text.head().json();
        ProxyConfig config = config();
        return new Backends(config.upstreams().stream()
                .map(upstream -> view(upstream, config, document))
                .toList());
    }

    /** Tells of one upstream. */
    @GET
    @Path("upstreams/{name}")
    @Needs(Role.VIEWER)
    public Response upstream(@PathParam("name") String name) {
        ConfigText.Shown shown = text.head();
        ProxyConfig config = config();
        Backend found = view(find("upstream", name, config.upstreams(), UpstreamConfig::name), config, shown.json());
        return tagged(found, EntityChanges.Kind.UPSTREAM, name, shown);
    }

    private static Backend view(UpstreamConfig upstream, ProxyConfig config, ObjectNode document) {
        return new Backend(
                upstream.name(),
                address(upstream),
                upstream.provider().name().toLowerCase(Locale.ROOT),
                upstream.enabled(),
                upstream.models().texts(),
                groups(config, upstream.name()),
                DocumentJson.named(document, "/upstreams", upstream.name()));
    }

    /** What stands before the host or after the path of a URL may be secret. */
    private static String address(UpstreamConfig upstream) {
        return upstream.url().getScheme() + "://" + upstream.url().getHost()
                + (upstream.url().getPort() < 0 ? "" : ":" + upstream.url().getPort())
                + (upstream.url().getRawPath() == null ? "" : upstream.url().getRawPath());
    }

    /** Tells who serves which model. */
    @GET
    @Path("models")
    @Needs(Role.VIEWER)
    public Object models() {
        return ModelViews.of(gateway.current().get());
    }
}
