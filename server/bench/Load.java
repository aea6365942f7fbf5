import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps a number of connections busy for some seconds, and prints what came of it. One thread for all connections.
 *
 * <pre>java Load.java plain|stream PORT CONNECTIONS SECONDS [CLIENTS]
 * java Load.java open PORT CONNECTIONS SECONDS RATE</pre>
 *
 * <p>{@code plain} and {@code stream} send one request after the other on each connection. With {@code CLIENTS} the requests
 * come in turn from so many, each with an address and a key of its own. {@code open} sends so many plain requests a second,
 * however long those before take. Its times count from when a request was due: what waited for a connection to become free has
 * waited, and what is still unanswered at the end counts with the time until then.
 *
 * <p>{@code plain} and {@code open} print: requests, requests a second, p50 and p99 of the time of a request in microseconds,
 * errors. With {@code -Dapi=messages} the requests are those of Anthropic's API, which {@code MockLlm} does not speak: the gateway
 * converts. {@code stream} prints: events, events a second, p50 and p99 of an event's delay between mock and client in
 * microseconds, streams that were not whole. With {@code -Dlead=SECONDS} so much goes before what is counted, in which this
 * program's own code is compiled.
 */
final class Load {
    private static final int STARTED_AT_ONCE = 50;
    private static final long BETWEEN_STARTS = 2_000_000;
    private static final int MAX_SAMPLES = 8_000_000;
    private static final boolean MESSAGES = "messages".equals(System.getProperty("api"));
    /** Only the words of an event survive a conversion; the mock is to write the time there. */
    private static final byte[] TIME = bytes(MESSAGES ? "\"text\":\" " : "\"t\":");
    private static final byte[] DONE = bytes(MESSAGES ? "message_stop" : "[DONE]");
    private static final byte[] HEAD_END = bytes("\r\n\r\n");

    private static final long SECOND = 1_000_000_000L;
    private static final long LEAD = Long.getLong("lead", 0) * SECOND;

    private final boolean stream;
    /** Requests a second; 0 where each connection sends when it can. */
    private final int rate;
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
    private final Queue<Connection> idle = new ArrayDeque<>();
    private long firstDue;
    private long issued;
    /** Of what was due before this, no time is kept. */
    private long countFrom;

    private Load(boolean stream, int port, int clients, int rate) throws IOException {
        this.stream = stream;
        this.rate = rate;
        this.target = new InetSocketAddress("127.0.0.1", port);
        this.selector = Selector.open();
        String path = MESSAGES ? "/v1/messages" : "/v1/chat/completions";
        String body = "{\"model\":\"mock\"," + (MESSAGES ? "\"max_tokens\":100," : "") + (stream ? "\"stream\":true," : "")
                + "\"messages\":[{\"role\":\"user\",\"content\":\"" + "tell me more ".repeat(75) + "\"}]}";
        this.requests = new byte[Math.max(1, clients)][];
        for (int i = 0; i < requests.length; i++) {
            String client = clients == 0
                    ? "Authorization: Bearer bench\r\n"
                    : "Authorization: Bearer key-" + i + "\r\nX-Forwarded-For: 10.9." + i / 250 + "." + (1 + i % 250) + "\r\n";
            requests[i] = bytes("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Content-Type: application/json\r\n" + client
                    + "Content-Length: " + body.length() + "\r\n\r\n" + body);
        }
    }

    public static void main(String[] arguments) throws IOException {
        int last = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 0;
        boolean open = arguments[0].equals("open");
        Load load = new Load(
                arguments[0].equals("stream"), Integer.parseInt(arguments[1]), open ? 0 : last, open ? last : 0);
        load.run(Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]) * SECOND);
    }

    private void run(int connections, long nanos) throws IOException {
        List<Connection> all = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            all.add(new Connection());
        }
        // All of them first: a connection may take a second if the listener's queue is full, and what is sent meanwhile on others
        // would wait here to be read.
        for (Connection connection : all) {
            connection.open();
        }
        long start = System.nanoTime();
        firstDue = start;
        countFrom = start;
        for (int ready = 0; ready < all.size(); ready++) {
            all.get(ready).ready();
            if (ready % STARTED_AT_ONCE == STARTED_AT_ONCE - 1) {
                // So that streams do not speak all at the same moment.
                LockSupport.parkNanos(BETWEEN_STARTS);
            }
        }
        if (rate > 0) {
            Thread clock = new Thread(this::wakeWhenDue);
            clock.setDaemon(true);
            clock.start();
        }
        if (LEAD > 0) {
            serveUntil(start + LEAD);
            start = System.nanoTime();
            countFrom = start;
            sampled = 0;
            answered = 0;
        }
        long end = start + nanos;
        serveUntil(end);
        double seconds = (System.nanoTime() - start) / 1e9;
        stopping = true;
        for (Connection connection : all) {
            connection.close();
        }
        if (rate > 0) {
            addUnanswered(all, end);
        }
        print(seconds);
    }

    private void serveUntil(long end) throws IOException {
        for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
            while (rate > 0 && !idle.isEmpty() && due(issued) <= now) {
                idle.remove().send(due(issued++));
            }
            selector.select(Math.max(1, (end - now) / 1_000_000));
            for (SelectionKey key : selector.selectedKeys()) {
                ((Connection) key.attachment()).readable();
            }
            selector.selectedKeys().clear();
        }
    }

    private long due(long request) {
        return firstDue + request * SECOND / rate;
    }

    /** A thread of its own, as a selector can wait for whole milliseconds only. */
    private void wakeWhenDue() {
        while (true) {
            long now = System.nanoTime();
            long next = (now - firstDue) * rate / SECOND + 1;
            LockSupport.parkNanos(due(next) - now);
            selector.wakeup();
        }
    }

    private void addUnanswered(List<Connection> all, long end) {
        for (Connection connection : all) {
            if (!connection.waiting) {
                sampleOpen(connection.sent, end);
            }
        }
        while (due(issued) < end) {
            sampleOpen(due(issued++), end);
        }
    }

    private void sampleOpen(long due, long now) {
        if (due >= countFrom) {
            sample(now - due);
        }
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
        private boolean waiting;
        /** When the request was sent, or was due. */
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
        }

        /** The next request can be sent. */
        private void ready() throws IOException {
            if (rate == 0) {
                send(System.nanoTime());
            } else if (!waiting) {
                waiting = true;
                idle.add(this);
            }
        }

        /** The request is far smaller than the send buffer of an idle connection. */
        private void send(long time) throws IOException {
            waiting = false;
            sent = time;
            part = Part.HEAD;
            head.setLength(0);
            headMatched = 0;
            timeMatched = 0;
            doneMatched = 0;
            done = false;
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
                // Nobody is harmed by the end of a connection on which nothing is asked.
                errors += waiting ? 0 : 1;
                channel.close();
                open();
                ready();
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
            } else if (rate > 0) {
                sampleOpen(sent, now);
            } else if (!stream) {
                sample(now - sent);
            }
            if (!stopping) {
                ready();
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
