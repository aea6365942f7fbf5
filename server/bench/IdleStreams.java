import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds event streams open on which nothing is said: it is the upstream, which sends one event and falls silent, and all the
 * clients as well. One thread.
 *
 * <pre>java IdleStreams.java UPSTREAM_PORT GATEWAY_PORT STREAMS SECONDS HEARTBEAT_SECONDS</pre>
 *
 * <p>Prints {@code open} once all streams are, and at the end what came of them. Exits with 1 if a stream was lost or a
 * heartbeat came more than two seconds too early or too late.
 */
final class IdleStreams {
    private static final long SECOND = 1_000_000_000L;
    private static final long TOLERANCE = 2 * SECOND;
    /** So many streams may be on their way to being opened, so that no queue of connections overflows. */
    private static final int OPENING = 64;

    private static final byte[] REQUEST_END = bytes("}]}");
    private static final byte[] REQUEST = request();
    private static final byte[] EVENT = bytes("data: {\"id\":\"idle\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"}}]}\n\n");
    private static final byte[] EVENT_END = bytes("\"hello\"}}]}");
    private static final byte[] HEARTBEAT = bytes(": heartbeat");

    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final InetSocketAddress gateway;
    private final long heartbeat;
    private int opening;
    private int open;
    private int lost;
    private boolean counting;
    private long heartbeats;
    private long untimely;
    private long shortest = Long.MAX_VALUE;
    private long longest;

    private IdleStreams(int gateway, long heartbeat) throws IOException {
        this.gateway = new InetSocketAddress("127.0.0.1", gateway);
        this.heartbeat = heartbeat;
    }

    public static void main(String[] arguments) throws IOException {
        int[] numbers = new int[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            numbers[i] = Integer.parseInt(arguments[i]);
        }
        IdleStreams streams = new IdleStreams(numbers[1], numbers[4] * SECOND);
        System.exit(streams.run(numbers[0], numbers[2], numbers[3] * SECOND) ? 0 : 1);
    }

    private boolean run(int upstreamPort, int count, long nanos) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress("127.0.0.1", upstreamPort), 4096);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        List<Client> clients = new ArrayList<>(count);
        while (open < count && lost == 0) {
            for (; opening < OPENING && clients.size() < count; opening++) {
                clients.add(new Client());
            }
            turn(server, 100);
        }
        System.out.println("open " + open);
        // What the opening has delayed is none of the gateway's business: a heartbeat later, all is in its rhythm.
        long start = System.nanoTime() + heartbeat + TOLERANCE;
        while (System.nanoTime() < start) {
            turn(server, 100);
        }
        counting = true;
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() < end) {
            turn(server, Math.max(1, (end - System.nanoTime()) / 1_000_000));
        }
        long silent = clients.stream()
                .filter(client -> end - client.lastSign > heartbeat + TOLERANCE)
                .count();
        System.out.printf(
                "%d streams, %d lost, %d silent, %d heartbeats, %.2f s to %.2f s apart, %d of them untimely%n",
                count, lost, silent, heartbeats, (double) shortest / SECOND, (double) longest / SECOND, untimely);
        return lost == 0 && silent == 0 && untimely == 0 && heartbeats > 0;
    }

    private void turn(ServerSocketChannel server, long millis) throws IOException {
        selector.select(millis);
        for (SelectionKey key : selector.selectedKeys()) {
            if (key.isAcceptable()) {
                accept(server);
            } else if (key.attachment() instanceof Client client) {
                client.ready(key);
            } else {
                answer((SocketChannel) key.channel(), key);
            }
        }
        selector.selectedKeys().clear();
    }

    private void accept(ServerSocketChannel server) throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
        }
    }

    /** The request is known and small: its end says that it is whole. */
    private void answer(SocketChannel channel, SelectionKey key) throws IOException {
        int count;
        try {
            count = channel.read(buffer.clear());
        } catch (IOException e) {
            count = -1;
        }
        if (count < 0) {
            key.cancel();
            channel.close();
        } else if (contains(count, REQUEST_END)) {
            channel.write(ByteBuffer.wrap(bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + Integer.toHexString(EVENT.length) + "\r\n" + new String(EVENT, StandardCharsets.US_ASCII) + "\r\n")));
        }
    }

    private boolean contains(int count, byte[] pattern) {
        byte[] bytes = new byte[count];
        buffer.flip().get(bytes);
        return MockLlm.find(bytes, 0, count, pattern) >= 0;
    }

    private final class Client {
        private final SocketChannel channel;
        private boolean isOpen;
        private long lastSign;

        Client() throws IOException {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_CONNECT, this);
            channel.connect(gateway);
        }

        void ready(SelectionKey key) throws IOException {
            int count;
            try {
                if (key.isConnectable()) {
                    channel.finishConnect();
                    channel.write(ByteBuffer.wrap(REQUEST));
                    key.interestOps(SelectionKey.OP_READ);
                    return;
                }
                count = channel.read(buffer.clear());
            } catch (IOException e) {
                count = -1;
            }
            if (count < 0) {
                lost++;
                key.cancel();
                channel.close();
            } else if (!isOpen) {
                if (contains(count, EVENT_END)) {
                    isOpen = true;
                    open++;
                    opening--;
                    lastSign = System.nanoTime();
                }
            } else if (contains(count, HEARTBEAT)) {
                heard(System.nanoTime());
            }
        }

        private void heard(long now) {
            if (counting) {
                long gap = now - lastSign;
                heartbeats++;
                shortest = Math.min(shortest, gap);
                longest = Math.max(longest, gap);
                untimely += Math.abs(gap - heartbeat) > TOLERANCE ? 1 : 0;
            }
            lastSign = now;
        }
    }

    private static byte[] request() {
        String body = "{\"model\":\"mock\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
        return bytes("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
