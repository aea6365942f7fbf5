package io.llmproxy.upstream;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks up the addresses of upstreams. When the name service fails, an upstream is where it last was. And a name is looked up
 * once at a time, however many ask: because each look-up holds a thread, a slow name service would keep them all.
 */
final class KnownAddresses implements SocketAddressResolver {
    private static final Logger LOG = LoggerFactory.getLogger(KnownAddresses.class);

    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    private final SocketAddressResolver resolver;
    private final Map<Place, List<InetSocketAddress>> known = new ConcurrentHashMap<>();
    private final Map<Place, Lookup> running = new ConcurrentHashMap<>();

    private record Place(String host, int port) {}

    /** @param resolver does the work */
    KnownAddresses(SocketAddressResolver resolver) {
        this.resolver = resolver;
    }

    @Override
    public void resolve(String host, int port, Map<String, Object> context, Promise<List<InetSocketAddress>> promise) {
        if (isAddress(host)) {
            promise.succeeded(List.of(new InetSocketAddress(host, port)));
            return;
        }
        Place place = new Place(host, port);
        Lookup mine = new Lookup(place);
        Lookup joined = Objects.requireNonNull(running.compute(place, (key, other) -> {
            Lookup lookup = other == null ? mine : other;
            lookup.waiting.add(promise);
            return lookup;
        }));
        if (joined == mine) {
            resolver.resolve(host, port, context, mine);
        }
    }

    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
    }

    /** One look-up, and all who wait for it. */
    private final class Lookup implements Promise<List<InetSocketAddress>> {
        private final Place place;

        /** Changed only while the map holds the entry's lock, and read when it is no longer in the map. */
        private final List<Promise<List<InetSocketAddress>>> waiting = new ArrayList<>(1);

        Lookup(Place place) {
            this.place = place;
        }

        @Override
        public void succeeded(List<InetSocketAddress> addresses) {
            known.put(place, addresses);
            running.remove(place);
            waiting.forEach(promise -> promise.succeeded(addresses));
        }

        @Override
        public void failed(Throwable failure) {
            running.remove(place);
            List<InetSocketAddress> last = known.get(place);
            if (last == null) {
                waiting.forEach(promise -> promise.failed(failure));
            } else {
                LOG.warn("{} cannot be looked up ({}); its last address is used", place.host, failure.toString());
                waiting.forEach(promise -> promise.succeeded(last));
            }
        }
    }
}
