package io.llmproxy.net;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pattern that paths match or do not. Its segments are
 *
 * <ul>
 *   <li>a text, which has to be there as it is;
 *   <li>{@code :name}, any segment that is not empty;
 *   <li><code>{name:regex}</code>, <code>{:regex}</code> or <code>{regex}</code>, a segment that the whole expression
 *       matches, also with text before or after the braces;
 *   <li>{@code *}, any segment that is not empty, or, at the very end, all the rest of the path, which may be empty;
 *       there with or without text before it.
 * </ul>
 *
 * <p>Upper and lower case differ, and so do paths with and without a slash at the end. Expressions are those of RE2,
 * which take time in proportion to the path, whatever is asked of them.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">RE2: syntax</a>
 */
public final class PathPattern {
    /**
     * Orders patterns that match the same path by how well: the one with more static segments comes first, so that one
     * which is all static is before all others. Among equals, the first segment of a different kind decides: static,
     * expression, parameter, wildcard, rest. Then the longer text does; what it demands counts, not the names in it.
     */
    public static final Comparator<PathPattern> MOST_SPECIFIC_FIRST = Comparator.comparingInt(
                    (PathPattern pattern) -> -pattern.staticSegments)
            .thenComparing(pattern -> pattern.ranks, Arrays::compare)
            .thenComparingInt(pattern -> -pattern.length);

    private final String text;
    private final List<Segment> segments;
    private final int staticSegments;
    private final int[] ranks;
    private final int length;

    private PathPattern(String text) {
        this.text = text;
        segments = new PatternParser(text).parse();
        ranks = segments.stream().mapToInt(Segment::rank).toArray();
        staticSegments = (int) Arrays.stream(ranks).filter(rank -> rank == 0).count();
        length = segments.stream().mapToInt(Segment::length).sum();
    }

    /**
     * Compiles a pattern.
     *
     * @throws BadPatternException if the text is not a pattern
     */
    public static PathPattern compile(String text) {
        return new PathPattern(text);
    }

    /**
     * Returns whether a path matches.
     *
     * @param path the path as the client sent it, without query
     */
    public boolean matches(String path) {
        if (!path.startsWith("/")) {
            return false;
        }
        int from = 1;
        for (Segment segment : segments) {
            if (from > path.length()) {
                return false;
            }
            int end = segment instanceof Segment.Rest ? path.length() : Segment.end(path, from);
            if (!segment.matches(path.substring(from, end))) {
                return false;
            }
            from = end + 1;
        }
        return from > path.length();
    }

    /** Returns whether the pattern matches one path only: its own text. */
    public boolean isStatic() {
        return staticSegments == segments.size();
    }

    /** What the segments of a path have to be, one after the other. */
    public List<Segment> segments() {
        return segments;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PathPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /** Returns the text that the pattern was compiled from. */
    @Override
    public String toString() {
        return text;
    }
}
