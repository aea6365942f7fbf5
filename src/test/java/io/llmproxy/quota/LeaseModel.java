package io.llmproxy.quota;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A store in memory that answers as the script in Redis does; {@code LeaseScriptIT} holds the two to the same answers. */
public final class LeaseModel {
    private final Map<String, Bucket> buckets = new HashMap<>();
    private final Map<String, Count> windows = new HashMap<>();
    private final Map<String, Map<String, Held>> permits = new HashMap<>();

    private long births;

    private record Bucket(double missing, long at, long born) {}

    private record Count(long used, long born, long before) {}

    private record Held(long count, long until) {}

    /** Forgets everything. */
    public void flush() {
        buckets.clear();
        windows.clear();
        permits.clear();
    }

    /** Answers a node's call at a time. */
    public LeaseReply answer(String node, LeaseCall call, long micros) {
        return switch (call.kind()) {
            case BUCKET -> bucket(call, micros);
            case WINDOW -> window(call);
            case PERMITS -> permits(node, call, TimeUnit.MICROSECONDS.toMillis(micros));
        };
    }

    private static long grant(LeaseCall call, long left) {
        if (call.need() == 0 || left < call.least()) {
            return 0;
        }
        long part = call.need();
        if (left >= call.size() / 10.0) {
            part = Math.max(call.need(), Math.min(call.want(), left / 20));
        }
        return Math.min(part, left);
    }

    private LeaseReply bucket(LeaseCall call, long micros) {
        Bucket known = buckets.get(call.key());
        Bucket before = known == null ? new Bucket(call.seen(), micros, ++births) : known;
        double refilled = Math.max(0, micros - before.at) * (double) call.size() / call.time();
        double missing = Math.max(0, before.missing - refilled);
        if (call.born() != 0 && call.born() != before.born) {
            missing = Math.max(missing, (double) call.seen());
        }
        missing = Math.max(0, Math.min(missing + call.delta(), 2.0 * call.size()));
        long left = Math.max(0, (long) Math.floor(call.size() - missing + 0.000001));
        long granted = grant(call, left);
        missing += granted;
        buckets.put(call.key(), new Bucket(missing, Math.max(before.at, micros), before.born));
        double lacking = Math.max(0, call.least() - (call.size() - missing));
        long wait = granted == 0 && call.least() > 0 ? (long) Math.ceil(lacking * call.time() / call.size()) : 0;
        return new LeaseReply(granted, (long) Math.ceil(missing), wait, before.born);
    }

    private LeaseReply window(LeaseCall call) {
        Count known = windows.get(call.key());
        Count count = known == null ? new Count(call.seen(), ++births, call.seen()) : known;
        boolean elsewhere = call.born() == LeaseCall.ELSEWHERE;
        boolean lost = call.born() != 0 && call.born() != count.born;
        long before = lost ? Math.max(count.before, call.seen()) : count.before;
        long made = elsewhere ? Math.max(count.used, call.seen()) : count.used + before - count.before;
        long used = Math.max(0, made + call.delta());
        long granted = grant(call, Math.max(0, call.size() - used));
        windows.put(call.key(), new Count(used + granted, count.born, before));
        return new LeaseReply(granted, used + granted, 0, count.born);
    }

    private LeaseReply permits(String node, LeaseCall call, long millis) {
        Map<String, Held> all = permits.computeIfAbsent(call.key(), key -> new HashMap<>());
        all.put(node, new Held(call.delta(), millis + call.time()));
        if (call.need() > 0) {
            all.values().removeIf(held -> held.until < millis);
        }
        long used = all.values().stream().mapToLong(Held::count).sum();
        long granted = grant(call, Math.max(0, call.size() - used));
        all.put(node, new Held(call.delta() + granted, millis + call.time()));
        return new LeaseReply(granted, used + granted, 0, 0);
    }
}
