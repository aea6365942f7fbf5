package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.llmproxy.access.Role;
import io.llmproxy.admin.ConfigDocuments;
import io.llmproxy.health.Lifecycle.Phase;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The nodes, and which of them load balancers are to send requests to. */
@Path("nodes")
@Produces(MediaType.APPLICATION_JSON)
public final class NodesResource {
    /** What a call may name the node by that answers it. */
    private static final String THIS = "this";

    private static final String DRAINING = "draining";

    private final Gateway gateway;

    NodesResource(Gateway gateway) {
        this.gateway = gateway;
    }

    record Drain(String by, @Nullable String since) {}

    record Node(
            String id,
            String name,
            @JsonProperty(THIS) boolean own,
            String version,
            @Nullable String state,
            @Nullable Integer inFlight,
            @Nullable Drain drain,
            @Nullable String seenAt,
            boolean live,
            @Nullable Long active,
            @Nullable Long tried,
            List<String> nack) {}

    record Nodes(List<Node> nodes) {}

    record State(@Nullable String state) {}

    /** Lists them. */
    @GET
    @Needs(Role.VIEWER)
    public Object nodes() {
        if (!gateway.documents().isWritable()) {
            return new Nodes(List.of(alone()));
        }
        List<Node> all = stored();
        return new Nodes(
                Stream.concat(all.stream().filter(Node::own), all.stream().filter(node -> !node.own()))
                        .toList());
    }

    private List<Node> stored() {
        return gateway.documents().nodes().stream()
                .map(node -> node.own() ? own(node) : other(node))
                .toList();
    }

    /** As it knows itself, without a store. */
    private Node alone() {
        return new Node(
                gateway.node(),
                gateway.node(),
                true,
                gateway.version(),
                gateway.lifecycle().phase().label(),
                gateway.figures().open().getAsInt(),
                drain().orElse(null),
                Times.told(Instant.now()),
                true,
                null,
                null,
                List.of());
    }

    private Node here() {
        try {
            return stored().stream().filter(Node::own).findFirst().orElseGet(this::alone);
        } catch (ConfigDocuments.UnavailableException e) {
            return alone();
        }
    }

    private Optional<Drain> drain() {
        return gateway.operations().drained().map(drain -> new Drain(drain.by(), Times.told(drain.since())));
    }

    private static @Nullable Drain drain(ConfigDocuments.Node node) {
        String by = node.drainedBy();
        return by == null ? null : new Drain(by, Times.told(node.drainedAt()));
    }

    /** What it has just been told may not have come to the store yet. */
    private Node own(ConfigDocuments.Node node) {
        Phase phase = gateway.lifecycle().phase();
        Optional<Drain> known = drain();
        Drain drain = known.isPresent() ? known.get() : drain(node);
        return told(node, phase.label(), gateway.figures().open().getAsInt(), phase == Phase.DRAINING ? drain : null);
    }

    private static Node other(ConfigDocuments.Node node) {
        return told(node, node.state(), node.inFlight(), drain(node));
    }

    private static Node told(
            ConfigDocuments.Node node, @Nullable String state, @Nullable Integer inFlight, @Nullable Drain drain) {
        return new Node(
                node.id(),
                node.name(),
                node.own(),
                node.appVersion(),
                state,
                inFlight,
                drain,
                Times.told(node.seenAt()),
                node.live(),
                node.active(),
                node.tried(),
                node.nack());
    }

    /** Load balancers are to send a node nothing more. */
    @PUT
    @Path("{id}/state")
    @Consumes(MediaType.APPLICATION_JSON)
    @Needs(Role.EDITOR)
    @Audited("node.drain")
    public Object drain(@Context ContainerRequestContext call, @PathParam("id") String id, State state) {
        if (!DRAINING.equals(state.state())) {
            throw Refused.invalid("state", "unknown (expected: draining)");
        }
        return say(call, id, true);
    }

    /** Load balancers may send it requests again. */
    @DELETE
    @Path("{id}/state")
    @Needs(Role.EDITOR)
    @Audited("node.drain")
    public Object serve(@Context ContainerRequestContext call, @PathParam("id") String id) {
        return say(call, id, false);
    }

    private Object say(ContainerRequestContext call, String id, boolean on) {
        Node before = find(id);
        String by = Caller.of(call).name();
        if (!before.own()) {
            if (on && !before.live()) {
                throw new Refused(409, "conflict", "node " + id + ": not seen since " + before.seenAt());
            }
            if (on && before.state() == null) {
                throw new Refused(409, "conflict", "node " + id + ": its release cannot be told to drain");
            }
            gateway.documents().drain(before.id(), on, by);
        } else if (on != (gateway.lifecycle().phase() == Phase.DRAINING)) {
            try {
                gateway.operations().drain(on, by);
            } catch (IllegalStateException e) {
                throw new Refused(409, "conflict", String.valueOf(e.getMessage()));
            }
        } else {
            // Another node may have said the opposite, which this one has not heard yet.
            gateway.documents().stays(on, by);
        }
        Act.of(call).to(before.name());
        Node after = find(id);
        Act.of(call)
                .changes(
                        Collections.singletonMap("drain", before.drain()),
                        Collections.singletonMap("drain", after.drain()));
        return after;
    }

    /** The node that answers can be told something even while the store is away. */
    private Node find(String id) {
        if (!gateway.documents().isWritable()) {
            return Stream.of(alone())
                    .filter(node -> id.equals(THIS) || id.equals(node.id()))
                    .findFirst()
                    .orElseThrow(() -> Refused.notFound("node", id));
        }
        if (id.equals(THIS)) {
            return here();
        }
        List<Node> all = stored();
        List<Node> named = all.stream()
                .filter(node -> node.live() && node.name().equals(id))
                .toList();
        return all.stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .or(() -> named.size() == 1 ? named.stream().findFirst() : Optional.empty())
                .orElseThrow(() -> Refused.notFound("node", id));
    }
}
