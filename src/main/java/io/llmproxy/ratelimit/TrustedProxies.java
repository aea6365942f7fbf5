package io.llmproxy.ratelimit;

import io.llmproxy.net.IpAddress;
import io.llmproxy.net.Network;
import java.util.List;
import java.util.Optional;

/**
 * The proxies in front of the gateway whose word counts on who the client is. Without any, the client is the peer of
 * the connection, whatever the headers say.
 */
public final class TrustedProxies {
    /** The more a client puts in front, the longer the header is; a chain of proxies never comes near this. */
    static final int FARTHEST = 32;

    private final List<Network> networks;

    /** @param networks of those that are trusted */
    public TrustedProxies(List<Network> networks) {
        this.networks = List.copyOf(networks);
    }

    /**
     * Returns who sends a request: the peer, or if that is a trusted proxy, the last one of those it speaks for that is
     * not. An entry that is no address ends the search, because its author cannot be trusted with those before it.
     *
     * <p>If there is any {@code X-Forwarded-For}, {@code Forwarded} is not read. A proxy adds to the one that it knows
     * and lets the other pass as the client wrote it, and nearly all know {@code X-Forwarded-For}. Behind a proxy that
     * writes {@code Forwarded}, {@code X-Forwarded-For} has to be removed there.
     *
     * @param peer the address at the other end of the connection; if it is no IP address, it is one client with all
     *     others such
     * @param forwardedFor the values of {@code X-Forwarded-For}, in the order of the header lines
     * @param forwarded the values of {@code Forwarded} (RFC 7239), in the order of the header lines
     */
    public ClientAddress clientOf(String peer, List<String> forwardedFor, List<String> forwarded) {
        ForwardedHops hops = hops(forwardedFor, forwarded);
        return IpAddress.parseEndpoint(peer)
                .map(address -> ClientAddress.of(firstBehind(address, hops)))
                .orElse(ClientAddress.UNKNOWN);
    }

    /**
     * Returns the address of who sends a request, as {@link #clientOf} finds it.
     *
     * @return the address; {@code peer} if that is no IP address
     */
    public String addressOf(String peer, List<String> forwardedFor, List<String> forwarded) {
        ForwardedHops hops = hops(forwardedFor, forwarded);
        return IpAddress.parseEndpoint(peer)
                .map(address -> firstBehind(address, hops).text())
                .orElse(peer);
    }

    private static ForwardedHops hops(List<String> forwardedFor, List<String> forwarded) {
        return forwardedFor.isEmpty()
                ? ForwardedHops.ofForwarded(forwarded)
                : ForwardedHops.ofForwardedFor(forwardedFor);
    }

    private IpAddress firstBehind(IpAddress proxy, ForwardedHops hops) {
        IpAddress client = proxy;
        for (int hop = 0; hop < FARTHEST && isTrusted(client); hop++) {
            Optional<IpAddress> before = hops.next();
            if (before.isEmpty()) {
                return client;
            }
            client = before.get();
        }
        return client;
    }

    private boolean isTrusted(IpAddress address) {
        for (Network network : networks) {
            if (network.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
