import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps a number of connections busy for some seconds, each with one request after the other, and prints what came of
 * it. One thread for all connections.
 *
 * <pre>java Load.java plain|stream PORT CONNECTIONS SECONDS [CLIENTS]</pre>
 *
 * <p>With {@code CLIENTS} the requests come in turn from so many, each with an address and a key of its own.
 *
 * <p>{@code plain} prints: requests, requests a second, p50 and p99 of the time of a request in microseconds, errors.
 * {@code stream} prints: events, events a second, p50 and p99 of an event's delay between mock and client in
 * microseconds, streams that were not whole.
 */
final class Load {
    private static final int MAX_SAMPLES = 8_000_000;
    private static final byte[] TIME = bytes("\"t\":");
    private static final byte[] DONE = bytes("[DONE]");
    private static final byte[] HEAD_END = bytes("\r\n\r\n");

    private final boolean stream;
    private final InetSocketAddress target;
    private final byte[][] requests;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final byte[] piece = new byte[64 * 1024];
    private final long[] samples = new long[MAX_SAMPLES];
    private int next;
    private int sampled;
    private int answered;
    private int errors;
    private boolean stopping;

    private Load(boolean stream, int port, int clients) throws IOException {
        this.stream = stream;
        this.target = new InetSocketAddress("127.0.0.1", port);
        this.selector = Selector.open();
        String body = "{\"model\":\"mock\"," + (stream ? "\"stream\":true," : "")
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + "tell me more ".repeat(75) + "\"}]}";
        this.requests = new byte[Math.max(1, clients)][];
        for (int i = 0; i < requests.length; i++) {
            String client = clients == 0
                    ? "Authorization: Bearer bench\r\n"
                    : "Authorization: Bearer key-" + i + "\r\nX-Forwarded-For: 10.9." + i / 250 + "." + (1 + i % 250) + "\r\n";
            requests[i] = bytes("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Content-Type: application/json\r\n" + client
                    + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        }
    }

    public static void main(String[] arguments) throws IOException {
        int clients = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 0;
        Load load = new Load(arguments[0].equals("stream"), Integer.parseInt(arguments[1]), clients);
        load.run(Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]) * 1_000_000_000);
    }

    private void run(int connections, long nanos) throws IOException {
        List<Connection> all = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            all.add(new Connection());
        }
        for (Connection connection : all) {
            connection.open();
        }
        long start = System.nanoTime();
        long end = start + nanos;
        while (System.nanoTime() < end) {
            selector.select(Math.max(1, (end - System.nanoTime()) / 1_000_000));
            for (SelectionKey key : selector.selectedKeys()) {
                ((Connection) key.attachment()).readable();
            }
            selector.selectedKeys().clear();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        stopping = true;
        for (Connection connection : all) {
            connection.close();
        }
        print(seconds);
    }

    private void print(double seconds) {
        Arrays.sort(samples, 0, sampled);
        long count = stream ? sampled : answered;
        System.out.printf(
                "%d %.0f %d %d %d%n", count, count / seconds, percentile(0.50) / 1000, percentile(0.99) / 1000, errors);
    }

    private long percentile(double share) {
        return sampled == 0 ? 0 : samples[(int) Math.min(sampled - 1, sampled * share)];
    }

    private void sample(long nanos) {
        if (sampled < MAX_SAMPLES) {
            samples[sampled++] = nanos;
        }
    }

    /** Where in an answer a connection is. */
    private enum Part {
        HEAD,
        BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        LAST_LINE
    }

    private final class Connection {
        private SocketChannel channel;
        private long sent;
        private Part part;
        private final StringBuilder head = new StringBuilder();
        private int headMatched;
        private long left;
        private int timeMatched;
        private long time;
        private int doneMatched;
        private boolean done;

        void open() throws IOException {
            channel = SocketChannel.open(target);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
            send();
        }

        /** The request is far smaller than the send buffer of an idle connection. */
        private void send() throws IOException {
            part = Part.HEAD;
            head.setLength(0);
            headMatched = 0;
            timeMatched = 0;
            doneMatched = 0;
            done = false;
            sent = System.nanoTime();
            byte[] request = requests[next++ % requests.length];
            if (channel.write(ByteBuffer.wrap(request)) < request.length) {
                throw new IOException("the send buffer is too small");
            }
        }

        void close() throws IOException {
            channel.close();
        }

        void readable() throws IOException {
            int read;
            try {
                read = channel.read(buffer.clear());
            } catch (IOException e) {
                read = -1;
            }
            if (read < 0) {
                errors++;
                channel.close();
                open();
                return;
            }
            buffer.flip().get(piece, 0, read);
            long now = System.nanoTime();
            for (int i = 0; i < read; i++) {
                take(piece[i], now);
            }
        }

        private void take(byte next, long now) throws IOException {
            switch (part) {
                case HEAD -> head(next, now);
                case BODY -> body(next, now);
                case CHUNK_SIZE -> chunkSize(next);
                case CHUNK -> chunk(next, now);
                case CHUNK_END -> {
                    if (next == '\n') {
                        part = Part.CHUNK_SIZE;
                        left = 0;
                    }
                }
                case LAST_LINE -> {
                    if (next == '\n') {
                        end(now);
                    }
                }
            }
        }

        private void head(byte next, long now) throws IOException {
            head.append((char) next);
            headMatched = next == HEAD_END[headMatched] ? headMatched + 1 : next == '\r' ? 1 : 0;
            if (headMatched == HEAD_END.length) {
                String text = head.toString().toLowerCase(java.util.Locale.ROOT);
                if (!text.startsWith("http/1.1 200")) {
                    errors++;
                }
                int length = text.indexOf("content-length:");
                left = length < 0 ? 0 : Long.parseLong(text.substring(length + 15, text.indexOf('\r', length)).strip());
                part = text.contains("transfer-encoding: chunked") ? Part.CHUNK_SIZE : Part.BODY;
                if (part == Part.BODY && left == 0) {
                    end(now);
                }
            }
        }

        private void body(byte next, long now) throws IOException {
            scan(next, now);
            if (--left == 0) {
                end(now);
            }
        }

        private void chunkSize(byte next) {
            if (next == '\n') {
                part = left == 0 ? Part.LAST_LINE : Part.CHUNK;
            } else if (next != '\r') {
                left = left * 16 + Character.digit(next, 16);
            }
        }

        private void chunk(byte next, long now) {
            scan(next, now);
            if (--left == 0) {
                part = Part.CHUNK_END;
            }
        }

        /** Looks for the time in an event, and for the end of a stream. */
        private void scan(byte next, long now) {
            if (!stream) {
                return;
            }
            if (timeMatched == TIME.length) {
                if (next >= '0' && next <= '9') {
                    time = time * 10 + next - '0';
                    return;
                }
                sample(now - time);
                timeMatched = 0;
            }
            timeMatched = next == TIME[timeMatched] ? timeMatched + 1 : next == TIME[0] ? 1 : 0;
            if (timeMatched == TIME.length) {
                time = 0;
            }
            doneMatched = next == DONE[doneMatched] ? doneMatched + 1 : next == DONE[0] ? 1 : 0;
            if (doneMatched == DONE.length) {
                done = true;
                doneMatched = 0;
            }
        }

        private void end(long now) throws IOException {
            answered++;
            if (stream && !done) {
                errors++;
            } else if (!stream) {
                sample(now - sent);
            }
            if (!stopping) {
                send();
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
