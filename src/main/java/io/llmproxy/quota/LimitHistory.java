package io.llmproxy.quota;

import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Period;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How budgets were used up since their windows began, as far as this node has looked: operators see where that leads. The longer a window
 * is, the further its points are apart; their number is bounded.
 */
public final class LimitHistory {
    static final int MOST = 240;
    static final Duration CLOSEST = Duration.ofSeconds(10);

    private final ReentrantLock lock = new ReentrantLock();
    private Map<Limit.Id, Line> lines = Map.of();
    private long looked = Long.MIN_VALUE;

    /**
     * How much was used at a time.
     *
     * @param at milliseconds since 1970
     * @param used in the units of the limit
     */
    public record Point(long at, long used) {}

    /**
     * How a budget was used.
     *
     * @param start when its window began, in milliseconds since 1970; when it was first looked at, if the window has no beginning
     * @param end when its window ends; null if it never does
     * @param points since then, as far as this node has looked; the last one is now
     */
    public record Course(long start, @Nullable Long end, List<Point> points) {
        /** Copies the list. */
        public Course {
            points = List.copyOf(points);
        }
    }

    /** What was seen in one window. */
    private static final class Line {
        private final Span span;
        private final List<Point> points = new ArrayList<>();
        private long step = CLOSEST.toMillis();

        Line(Span span) {
            this.span = span;
        }

        void add(Point point) {
            if (!points.isEmpty() && point.at - points.get(points.size() - 1).at < step) {
                return;
            }
            if (points.size() == MOST) {
                thin();
            }
            points.add(point);
        }

        /** The first one stays: it is where the line begins. */
        private void thin() {
            for (int i = MOST - 1; i > 0; i -= 2) {
                points.remove(i);
            }
            step *= 2;
        }

        Course until(Point now) {
            List<Point> all = new ArrayList<>(points);
            all.removeIf(point -> point.at >= now.at);
            all.add(now);
            long start = span.start() == Long.MIN_VALUE ? all.get(0).at : span.start();
            return new Course(start, span.end() == Long.MAX_VALUE ? null : span.end(), all);
        }
    }

    /**
     * Looks at all budgets, unless it has done so a moment ago. Those that are not there any more are forgotten.
     *
     * @param standings of all limits
     * @param millis the time, since 1970
     */
    public void look(Supplier<List<Standing>> standings, long millis) {
        lock.lock();
        try {
            if (millis >= looked && millis - CLOSEST.toMillis() < looked) {
                return;
            }
            looked = millis;
            Map<Limit.Id, Line> next = new HashMap<>();
            for (Standing standing : standings.get()) {
                if (standing.limit().isBudget()) {
                    Line line = line(standing.limit(), millis);
                    line.add(new Point(millis, standing.used()));
                    next.put(standing.limit().id(), line);
                }
            }
            lines = next;
        } finally {
            lock.unlock();
        }
    }

    private Line line(Limit limit, long millis) {
        Line known = lines.get(limit.id());
        return known == null || known.span.isOver(millis) ? new Line(span(limit.config(), millis)) : known;
    }

    private static Span span(LimitConfig config, long millis) {
        Period per = config.per();
        return Span.of(per == null ? Period.TOTAL : per, config.zoneOrUtc(), millis);
    }

    /**
     * Returns how a budget was used in its window until now; null if the limit is none.
     *
     * @param now how it is now
     * @param millis the time, since 1970
     */
    public @Nullable Course course(Standing now, long millis) {
        if (!now.limit().isBudget()) {
            return null;
        }
        lock.lock();
        try {
            return line(now.limit(), millis).until(new Point(millis, now.used()));
        } finally {
            lock.unlock();
        }
    }
}
