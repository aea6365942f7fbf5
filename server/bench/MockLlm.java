import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

/**
 * An upstream that costs next to nothing: one thread, answers from memory. A request with {@code "stream":true} in its
 * body is answered with events at a steady pace, each with the time of its making; any other with one JSON document.
 *
 * <pre>java MockLlm.java PORT EVENTS INTERVAL_MS</pre>
 */
final class MockLlm {
    private static final int LARGEST_REQUEST = 64 * 1024;
    private static final byte[] STREAM = bytes("\"stream\":true");
    private static final byte[] HEAD_END = bytes("\r\n\r\n");
    private static final byte[] LENGTH = bytes("content-length:");
    private static final byte[] JSON = json();
    private static final byte[] STREAM_HEAD =
            bytes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    private static final byte[] STREAM_END = bytes("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");

    private final Selector selector;
    private final int events;
    private final long interval;
    /** All intervals are alike, so what was queued first is due first. */
    private final Queue<Due> queue = new ArrayDeque<>();

    private record Due(Client client, long nanos, int left) {}

    private static final class Client {
        final SocketChannel channel;
        final SelectionKey key;
        final ByteBuffer in = ByteBuffer.allocate(LARGEST_REQUEST);
        final Queue<ByteBuffer> out = new ArrayDeque<>(1);

        Client(SocketChannel channel, Selector selector) throws IOException {
            this.channel = channel;
            this.key = channel.register(selector, SelectionKey.OP_READ, this);
        }
    }

    private MockLlm(Selector selector, int events, long interval) {
        this.selector = selector;
        this.events = events;
        this.interval = interval;
    }

    public static void main(String[] arguments) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 4096);
        server.configureBlocking(false);
        Selector selector = Selector.open();
        server.register(selector, SelectionKey.OP_ACCEPT);
        new MockLlm(selector, Integer.parseInt(arguments[1]), Long.parseLong(arguments[2]) * 1_000_000).run(server);
    }

    private void run(ServerSocketChannel server) throws IOException {
        while (true) {
            Due first = queue.peek();
            if (first == null) {
                selector.select();
            } else if (first.nanos > System.nanoTime()) {
                selector.select(Math.max(1, (first.nanos - System.nanoTime()) / 1_000_000));
            } else {
                selector.selectNow();
            }
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    accept(server);
                } else {
                    serve((Client) key.attachment());
                }
            }
            selector.selectedKeys().clear();
            emit();
        }
    }

    private void accept(ServerSocketChannel server) throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            new Client(channel, selector);
        }
    }

    private void serve(Client client) {
        try {
            if (client.key.isWritable()) {
                flush(client);
            }
            if (client.key.isReadable()) {
                if (client.channel.read(client.in) < 0) {
                    close(client);
                    return;
                }
                answerAll(client);
            }
        } catch (IOException e) {
            close(client);
        }
    }

    private void answerAll(Client client) throws IOException {
        byte[] in = client.in.array();
        int from = 0;
        int length = requestLength(in, from, client.in.position());
        while (length > 0) {
            if (find(in, from, from + length, STREAM) >= 0) {
                write(client, STREAM_HEAD);
                queue.add(new Due(client, System.nanoTime() + interval, events));
            } else {
                write(client, JSON);
            }
            from += length;
            length = requestLength(in, from, client.in.position());
        }
        client.in.flip().position(from);
        client.in.compact();
    }

    /** Length of the request that starts at an index, 0 if some of it is still to come. */
    private static int requestLength(byte[] in, int from, int to) {
        int headEnd = find(in, from, to, HEAD_END);
        if (headEnd < 0) {
            return 0;
        }
        int body = 0;
        int header = find(in, from, headEnd, LENGTH);
        if (header >= 0) {
            int digits = header + LENGTH.length;
            while (in[digits] == ' ') {
                digits++;
            }
            for (; in[digits] >= '0' && in[digits] <= '9'; digits++) {
                body = body * 10 + in[digits] - '0';
            }
        }
        int length = headEnd + HEAD_END.length + body - from;
        return from + length <= to ? length : 0;
    }

    /** Looks for text that is lower case in the pattern and may be either in what is looked through. */
    private static int find(byte[] in, int from, int to, byte[] pattern) {
        for (int at = from; at <= to - pattern.length; at++) {
            int matched = 0;
            while (matched < pattern.length && lower(in[at + matched]) == pattern[matched]) {
                matched++;
            }
            if (matched == pattern.length) {
                return at;
            }
        }
        return -1;
    }

    private static int lower(byte letter) {
        return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter;
    }

    private void emit() {
        long now = System.nanoTime();
        while (!queue.isEmpty() && queue.peek().nanos <= now) {
            Due due = queue.remove();
            try {
                if (!due.client.channel.isOpen()) {
                    continue;
                }
                write(due.client, event());
                if (due.left > 1) {
                    queue.add(new Due(due.client, due.nanos + interval, due.left - 1));
                } else {
                    write(due.client, STREAM_END);
                }
            } catch (IOException e) {
                close(due.client);
            }
        }
    }

    private static byte[] event() {
        String data = "data: {\"id\":\"bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"mock\",\"t\":"
                + System.nanoTime()
                + ",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" word\"},\"finish_reason\":null}]}\n\n";
        return bytes(Integer.toHexString(data.length()) + "\r\n" + data + "\r\n");
    }

    private static void write(Client client, byte[] bytes) throws IOException {
        ByteBuffer piece = ByteBuffer.wrap(bytes);
        if (client.out.isEmpty()) {
            client.channel.write(piece);
        }
        if (piece.hasRemaining()) {
            client.out.add(piece);
            client.key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        }
    }

    private static void flush(Client client) throws IOException {
        while (!client.out.isEmpty()) {
            client.channel.write(client.out.peek());
            if (client.out.peek().hasRemaining()) {
                return;
            }
            client.out.remove();
        }
        client.key.interestOps(SelectionKey.OP_READ);
    }

    private static void close(Client client) {
        try {
            client.channel.close();
        } catch (IOException e) {
            client.key.cancel();
        }
    }

    private static byte[] json() {
        char[] text = new char[1500];
        Arrays.fill(text, 'x');
        String body = "{\"id\":\"bench\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"mock\",\"choices\":[{\"index\":0,"
                + "\"message\":{\"role\":\"assistant\",\"content\":\"" + new String(text)
                + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"total_tokens\":2}}";
        return bytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
