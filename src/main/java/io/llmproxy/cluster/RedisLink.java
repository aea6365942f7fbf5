package io.llmproxy.cluster;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.SentinelConfig;
import io.llmproxy.quota.LeaseCall;
import io.llmproxy.quota.LeaseReply;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.exceptions.JedisRedirectionException;

/** The connection to Redis or Valkey. For one thread; no call takes longer than the time-outs. */
final class RedisLink implements AutoCloseable {
    /** A node that was not heard of for so long does not count any more. */
    private static final Duration GONE = Duration.ofSeconds(10);

    private static final int PER_LIMIT = 4;
    private static final int BEFORE_LIMITS = 2;
    private static final Script LEASES = Script.of("lease.lua");
    private static final Script NOTES = Script.of("notes.lua");
    private static final String YES = "1";
    private static final String NO = "0";

    private final RedisConfig config;
    private final String node;
    private final String session;
    private final RedisConnector connector;
    /** Who knows where it is; null if that is stated. */
    private final @Nullable MasterFinder finder;

    private final @Nullable HostAndPort fixed;

    /** What all keys begin with. In a cluster, the part in braces puts all keys of one script on one server. */
    private final String tag;

    private final int database;
    private @Nullable HostAndPort address;
    private @Nullable Jedis connection;
    private boolean moved;

    /**
     * What the store answers.
     *
     * @param millis its time
     * @param nodes how many nodes it knows
     * @param replies one for each call
     */
    record Answer(long millis, int nodes, List<Reply> replies) {}

    /**
     * What it answers to one call.
     *
     * @param counted how it has counted it; null if it could not
     * @param refusal the code of the error, if it could not
     */
    record Reply(@Nullable LeaseReply counted, @Nullable String refusal) {}

    /**
     * @param node this process, which counts as one node however many sessions it has
     * @param session what is said and held through this link is its own
     */
    RedisLink(RedisConfig config, String node, String session) {
        this.config = config;
        this.node = node;
        this.session = session;
        this.connector = RedisConnector.of(config);
        this.tag = '{' + config.prefix() + '}';
        SentinelConfig sentinel = config.sentinel();
        if (config.cluster() != null) {
            finder = new ClusterNodes(config, config.cluster().nodes(), tag, connector);
            fixed = null;
            database = 0;
        } else if (sentinel != null) {
            finder = new Sentinels(sentinel, connector, config.timeout());
            fixed = null;
            database = sentinel.database();
        } else {
            URI url = RedisConnector.url(config);
            finder = null;
            fixed = RedisConnector.address(url);
            database = RedisConnector.database(url);
        }
        this.address = fixed;
    }

    RedisConfig config() {
        return config;
    }

    /** What messages call it: where it is, or was last. */
    String name() {
        return address == null ? Objects.requireNonNull(finder).toString() : address.toString();
    }

    /** Whether others say where it is, so that it may be elsewhere the next time. */
    boolean mayMove() {
        return finder != null;
    }

    /** Whether what it is connected with has told it to go to another server. */
    boolean hasMoved() {
        return moved;
    }

    void forgetMove() {
        moved = false;
    }

    void open() throws StoreAwayException {
        close();
        HostAndPort at = fixed == null ? Objects.requireNonNull(finder).master() : fixed;
        address = at;
        connection = connect(at, RedisConnector.CONNECT, config.timeout());
    }

    /**
     * Tells the store what limits have to say; nothing, to be known to it.
     *
     * @param number of what is said: said a second time under the same number, right after the first, it is done once
     */
    Answer say(long number, List<LeaseCall> calls) throws StoreAwayException {
        List<String> keys = new ArrayList<>();
        List<String> arguments = new ArrayList<>();
        keys.add(tag + ":nodes");
        keys.add(tag + ":answer:" + session);
        arguments.add(node);
        arguments.add(session);
        arguments.add(Long.toString(GONE.toMillis()));
        arguments.add(Long.toString(number));
        for (LeaseCall call : calls) {
            keys.add(tag + ":limit:" + call.key());
            arguments.add(call.kind().name());
            for (long figure : new long[] {
                call.size(), call.time(), call.delta(), call.least(), call.need(), call.want(), call.seen(), call.born()
            }) {
                arguments.add(Long.toString(figure));
            }
        }
        return answer(evaluate(LEASES, keys, arguments), calls.size());
    }

    /** Tells other nodes what this one knows, and returns what all know. */
    Notes exchange(Notes told) throws StoreAwayException {
        List<String> arguments = new ArrayList<>();
        arguments.add(node);
        arguments.add(Integer.toString(told.cooling().size()));
        told.cooling().forEach((key, millis) -> arguments.addAll(List.of(key, Long.toString(millis))));
        told.findings()
                .forEach((mark, found) ->
                        arguments.addAll(List.of(mark, found.success() ? YES : NO, Long.toString(found.millis()))));
        Object said = evaluate(NOTES, List.of(tag + ":cooldowns", tag + ":probes"), arguments);
        try {
            List<?> lists = list(said);
            return new Notes(cooling(list(lists.get(0))), findings(list(lists.get(1))));
        } catch (ClassCastException | IndexOutOfBoundsException | IllegalArgumentException | NoSuchElementException e) {
            throw StoreAwayException.invalid(e);
        }
    }

    /**
     * Returns what a script has answered, which is a list.
     *
     * @throws IllegalArgumentException if it is none, or has gaps
     */
    static List<?> list(@Nullable Object said) {
        if (said instanceof List<?> list && list.stream().allMatch(Objects::nonNull)) {
            return list;
        }
        throw new IllegalArgumentException("no list");
    }

    private static Map<String, Long> cooling(List<?> said) {
        Map<String, Long> cooling = new HashMap<>();
        for (Iterator<?> words = said.iterator(); words.hasNext(); ) {
            cooling.put((String) words.next(), Long.parseLong((String) words.next()));
        }
        return cooling;
    }

    private static Map<String, Notes.Finding> findings(List<?> said) {
        Map<String, Notes.Finding> findings = new HashMap<>();
        for (Iterator<?> words = said.iterator(); words.hasNext(); ) {
            String mark = (String) words.next();
            boolean own = YES.equals(words.next());
            boolean success = YES.equals(words.next());
            findings.put(mark, new Notes.Finding(own, success, Long.parseLong((String) words.next())));
        }
        return findings;
    }

    /** Has a script do its work. All that this takes together is over within the time-out. */
    @Nullable Object evaluate(Script script, List<String> keys, List<String> arguments) throws StoreAwayException {
        Patience patience = Patience.of(config.timeout());
        try {
            return script.evaluate(Objects.requireNonNull(connection, "opened"), patience, keys, arguments);
        } catch (JedisRedirectionException e) {
            return follow(e, patience, script, keys, arguments);
        } catch (JedisException e) {
            throw StoreAwayException.of(e);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw StoreAwayException.invalid(e);
        }
    }

    /** Slots of a cluster move while it works, and masters take turns: the one that had the keys says where they are. Nothing is done before. */
    private @Nullable Object follow(
            JedisRedirectionException told, Patience patience, Script script, List<String> keys, List<String> arguments)
            throws StoreAwayException {
        if (!(finder instanceof ClusterNodes)) {
            throw new StoreAwayException("it is one node of a cluster (expected: `redis.cluster`)", told);
        }
        HostAndPort target = told.getTargetNode();
        try {
            HostAndPort at =
                    ClusterNodes.beside(Objects.requireNonNull(address, "opened"), target.getHost(), target.getPort());
            if (told instanceof JedisAskDataException) {
                // Until the slot has moved as a whole, each call begins where it was.
                try (Jedis other = connect(at, patience.left(), patience.left())) {
                    return script.evaluateAsked(other, patience, keys, arguments);
                }
            }
            close();
            address = at;
            Jedis other = connect(at, patience.left(), patience.left());
            connection = other;
            moved = true;
            return script.evaluate(other, patience, keys, arguments);
        } catch (JedisException e) {
            throw StoreAwayException.of(e);
        } catch (IllegalArgumentException e) {
            throw StoreAwayException.invalid(e);
        }
    }

    private Jedis connect(HostAndPort at, Duration longest, Duration timeout) throws StoreAwayException {
        return connector.open(at, database, config.user(), config.password(), longest, timeout);
    }

    private static Answer answer(@Nullable Object said, int calls) throws StoreAwayException {
        try {
            List<?> numbers = list(said);
            if (numbers.size() != BEFORE_LIMITS + PER_LIMIT * calls) {
                throw new IllegalArgumentException(numbers.size() + " numbers");
            }
            List<Reply> replies = new ArrayList<>();
            for (int at = BEFORE_LIMITS; at < numbers.size(); at += PER_LIMIT) {
                replies.add(reply(numbers, at));
            }
            return new Answer(number(numbers, 0), Math.toIntExact(number(numbers, 1)), replies);
        } catch (ClassCastException | IllegalArgumentException | ArithmeticException e) {
            throw StoreAwayException.invalid(e);
        }
    }

    private static Reply reply(List<?> numbers, int at) {
        String granted = (String) numbers.get(at);
        if (StoreAwayException.CODE.matcher(granted).matches()) {
            return new Reply(null, granted);
        }
        LeaseReply counted = new LeaseReply(
                number(numbers, at), number(numbers, at + 1), number(numbers, at + 2), number(numbers, at + 3));
        return new Reply(counted, null);
    }

    private static long number(List<?> numbers, int at) {
        return Long.parseLong((String) numbers.get(at));
    }

    /** Ends the connection; what is under way is lost. */
    @Override
    public void close() {
        Jedis open = connection;
        connection = null;
        if (open != null) {
            RedisConnector.end(open);
        }
    }
}
