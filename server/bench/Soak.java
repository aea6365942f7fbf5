import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks at a steady rate for streams and plain answers, leaves some of them in the middle, and checks each answer byte for
 * byte against what {@code MockLlm} sends. One thread for all connections.
 *
 * <pre>java -cp CLASSES Soak PORT SECONDS RATE STREAM_PERCENT ABORT_PERCENT EVENTS SEED</pre>
 *
 * <p>Prints one line for each kind of end, and exits with 1 if an answer was wrong: other bytes than the mock's, a whole one
 * without its end, one that never came to an end, or one that broke off without saying so.
 */
final class Soak {
    private static final long PATIENCE = 60_000_000_000L;
    private static final int MOST_IDLE = 64;
    private static final Pattern TIME = Pattern.compile("\"t\":(\\d+)");

    private final InetSocketAddress target;
    private final int streamPercent;
    private final int abortPercent;
    private final int events;
    private final Random random;
    private final Selector selector = Selector.open();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final Queue<Connection> idle = new ArrayDeque<>();
    private final PriorityQueue<Connection> leaving = new PriorityQueue<>((a, b) -> Long.compare(a.leaveAt, b.leaveAt));
    private final Map<String, Integer> ends = new TreeMap<>();
    private final Map<String, Integer> wrong = new TreeMap<>();
    private int open;
    private int mostOpen;
    private int openStreams;
    private long streamSamples;
    private long streamSum;

    private Soak(int port, int streamPercent, int abortPercent, int events, long seed) throws IOException {
        this.target = new InetSocketAddress("127.0.0.1", port);
        this.streamPercent = streamPercent;
        this.abortPercent = abortPercent;
        this.events = events;
        this.random = new Random(seed);
    }

    public static void main(String[] arguments) throws IOException {
        int[] numbers = new int[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            numbers[i] = Integer.parseInt(arguments[i]);
        }
        Soak soak = new Soak(numbers[0], numbers[3], numbers[4], numbers[5], numbers[6]);
        soak.run(numbers[1] * 1_000_000_000L, numbers[2]);
        System.exit(soak.wrong.isEmpty() ? 0 : 1);
    }

    private void run(long nanos, int rate) throws IOException {
        long start = System.nanoTime();
        long begun = 0;
        long sampled = start;
        long now = start;
        while (now - start < nanos || open > 0 && now - start < nanos + PATIENCE) {
            long due = now - start < nanos ? (now - start) * rate / 1_000_000_000 : begun;
            // A machine that was away for a while is not made to catch up at once.
            begun = Math.max(begun, due - rate);
            for (; begun < due; begun++) {
                begin();
            }
            selector.select(2);
            for (SelectionKey key : selector.selectedKeys()) {
                ((Connection) key.attachment()).ready(key);
            }
            selector.selectedKeys().clear();
            now = System.nanoTime();
            while (!leaving.isEmpty() && leaving.peek().leaveAt <= now) {
                leaving.remove().leave();
            }
            if (now - sampled > 1_000_000_000 && now - start < nanos) {
                sampled = now;
                streamSamples++;
                streamSum += openStreams;
            }
        }
        for (SelectionKey key : selector.keys()) {
            Connection connection = (Connection) key.attachment();
            if (connection.busy) {
                count(wrong, connection.kind() + " did not end");
            }
            connection.channel.close();
        }
        print();
    }

    private void print() {
        ends.forEach((end, count) -> System.out.printf("  %7d %s%n", count, end));
        wrong.forEach((end, count) -> System.out.printf("  %7d WRONG: %s%n", count, end));
        System.out.printf(
                "  open streams: %d on average; open exchanges: %d at most%n",
                streamSamples == 0 ? 0 : streamSum / streamSamples, mostOpen);
    }

    private static void count(Map<String, Integer> counts, String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void begin() throws IOException {
        Connection connection = idle.poll();
        if (connection == null) {
            connection = new Connection();
        }
        connection.begin(
                random.nextInt(100) < streamPercent, random.nextInt(100) < abortPercent, random.nextBoolean());
    }

    private final class Connection {
        SocketChannel channel;
        long leaveAt;
        boolean busy;
        private boolean used;
        private boolean stream;
        private boolean reset;
        private boolean leaves;
        private ByteBuffer request;
        private byte[] answer = new byte[4096];
        private int length;

        private Connection() throws IOException {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.connect(target);
            channel.register(selector, SelectionKey.OP_CONNECT, this);
        }

        String kind() {
            return stream ? "stream" : "plain";
        }

        void begin(boolean asStream, boolean toLeave, boolean byReset) throws IOException {
            stream = asStream;
            leaves = toLeave;
            reset = byReset;
            busy = true;
            length = 0;
            open++;
            mostOpen = Math.max(mostOpen, open);
            openStreams += stream ? 1 : 0;
            String body = "{\"model\":\"mock\"," + (stream ? "\"stream\":true," : "")
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"" + "tell me more ".repeat(random.nextInt(150)) + "\"}]}";
            request = ByteBuffer.wrap(MockLlm.bytes("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    + "Content-Type: application/json\r\nAuthorization: Bearer soak\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body));
            if (leaves) {
                leaveAt = System.nanoTime() + random.nextInt(stream ? 1_500_000 : 3_000) * 1000L;
                leaving.add(this);
            }
            if (channel.isConnected()) {
                send();
            }
        }

        private void send() throws IOException {
            SelectionKey key = channel.keyFor(selector);
            try {
                channel.write(request);
            } catch (IOException e) {
                broken();
                return;
            }
            key.interestOps(request.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        void ready(SelectionKey key) throws IOException {
            if (!key.isValid()) {
                return;
            }
            if (key.isConnectable()) {
                try {
                    channel.finishConnect();
                } catch (IOException e) {
                    end("could not connect", true);
                    close();
                    return;
                }
                send();
                return;
            }
            if (key.isWritable()) {
                send();
            }
            if (key.isValid() && key.isReadable()) {
                read();
            }
        }

        private void read() throws IOException {
            int count;
            try {
                count = channel.read(buffer.clear());
            } catch (IOException e) {
                count = -1;
            }
            if (count < 0) {
                broken();
                return;
            }
            if (!busy) {
                end("bytes that nobody asked for", true);
                close();
                return;
            }
            if (length + count > answer.length) {
                answer = Arrays.copyOf(answer, (length + count) * 2);
            }
            buffer.flip().get(answer, length, count);
            length += count;
            judge();
        }

        /** Looks whether the answer has come to its end, and what it is then. */
        private void judge() throws IOException {
            int headEnd = MockLlm.find(answer, 0, length, MockLlm.HEAD_END);
            if (headEnd < 0) {
                return;
            }
            String head = new String(answer, 0, headEnd, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
            int from = headEnd + MockLlm.HEAD_END.length;
            byte[] body;
            if (head.contains("transfer-encoding: chunked")) {
                body = unchunked(answer, from, length);
            } else {
                int at = head.indexOf("content-length:");
                int stated = at < 0 ? 0 : Integer.parseInt(head.substring(at + 15).strip().split("\r\n")[0].strip());
                body = length - from < stated ? null : Arrays.copyOfRange(answer, from, from + stated);
            }
            if (body == null) {
                return;
            }
            whole(head, body);
            if (head.contains("connection: close")) {
                close();
            } else if (idle.size() < MOST_IDLE) {
                idle.add(this);
            } else {
                close();
            }
        }

        private void whole(String head, byte[] body) {
            String status = head.substring(9, 12);
            String text = new String(body, StandardCharsets.UTF_8);
            if (!status.equals("200")) {
                String error = head.contains("x-llmproxy-error:") ? "by the gateway" : "by the upstream";
                end(kind() + " answered with " + status + " " + error, !text.contains("\"error\""));
            } else if (!stream) {
                end("plain, whole", !Arrays.equals(body, MockLlm.jsonBody()));
            } else {
                int seen = eventsInOrder(text);
                if (text.endsWith("data: [DONE]\n\n")) {
                    end("stream, whole", seen != events || text.contains("\"error\""));
                } else if (text.contains("\"error\"")) {
                    if (seen < 0) {
                        System.err.println("of other events:\n" + text);
                    }
                    end(seen < 0 ? "stream, cut, of other events" : "stream, cut and told so", seen < 0);
                } else {
                    end("stream without its last word", true);
                }
            }
        }

        /** A connection that ended: of an answer that is under way it says that it is not whole. */
        private void broken() throws IOException {
            if (busy) {
                int headEnd = MockLlm.find(answer, 0, length, MockLlm.HEAD_END);
                if (length == 0 && used) {
                    end("connection closed while the request was under way", false);
                } else if (length == 0) {
                    end(kind() + " got no answer at all", true);
                } else {
                    end(kind() + (headEnd < 0 ? " broke off in its head" : " broke off"), headEnd < 0);
                }
            }
            close();
        }

        private void end(String how, boolean isWrong) {
            if (busy) {
                busy = false;
                used = true;
                open--;
                openStreams -= stream ? 1 : 0;
            }
            if (leaves) {
                leaving.remove(this);
            }
            count(isWrong ? wrong : ends, how);
        }

        void leave() throws IOException {
            if (reset) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            end(kind() + (reset ? " left by reset" : " left by close"), false);
            close();
        }

        private void close() throws IOException {
            idle.remove(this);
            channel.close();
        }
    }

    /**
     * How many events of the mock's a stream holds, each as the mock has made it; -1 if one is not. Heartbeats may be between,
     * and a piece of one before the error that says where the stream was cut.
     */
    private static int eventsInOrder(String text) {
        String[] events = text.strip().split("\n\n+");
        int seen = 0;
        for (int i = 0; i < events.length; i++) {
            String event = events[i];
            if (event.startsWith(":") || event.equals("data: [DONE]") || event.contains("\"error\"")) {
                continue;
            }
            Matcher time = TIME.matcher(event);
            String whole = MockLlm.event(seen, time.find() ? Long.parseLong(time.group(1)) : 0);
            if (whole.equals(event + "\n\n")) {
                seen++;
            } else if (i != events.length - 2 || !events[i + 1].contains("\"error\"") || !whole.startsWith(event)) {
                return -1;
            }
        }
        return seen;
    }

    /** What a chunked body holds, or null if it has not come to its end. */
    private static byte[] unchunked(byte[] answer, int from, int to) {
        byte[] body = new byte[to - from];
        int length = 0;
        int at = from;
        while (true) {
            int size = 0;
            while (at < to && answer[at] != '\r') {
                size = size * 16 + Character.digit(answer[at++], 16);
            }
            at += 2;
            if (at + size + 2 > to) {
                return null;
            }
            if (size == 0) {
                return Arrays.copyOf(body, length);
            }
            System.arraycopy(answer, at, body, length, size);
            length += size;
            at += size + 2;
        }
    }
}
