package io.llmproxy.net;

import com.google.re2j.Pattern;

/** What one segment of a path has to be, from the most to the least specific. */
public sealed interface Segment {
    /** How specific this is: 0 for a given text, more for what is less specific. */
    int rank();

    /** How much text this demands, to tell two of a rank apart. */
    int length();

    /** Whether a segment of a path, without slashes, is as it has to be. */
    boolean matches(String segment);

    /** Returns where the segment of a path that begins at an index ends. */
    static int end(String path, int from) {
        int slash = path.indexOf('/', from);
        return slash < 0 ? path.length() : slash;
    }

    /** Exactly this text, which may be empty. */
    record Static(String text) implements Segment {
        @Override
        public int rank() {
            return 0;
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public boolean matches(String segment) {
            return segment.equals(text);
        }
    }

    /** What an expression matches as a whole. */
    record Regex(Pattern pattern) implements Segment {
        @Override
        public int rank() {
            return 1;
        }

        @Override
        public int length() {
            return pattern.pattern().length();
        }

        @Override
        public boolean matches(String segment) {
            return pattern.matches(segment);
        }
    }

    /** Anything but nothing, written with a name. */
    record Param() implements Segment {
        @Override
        public int rank() {
            return 2;
        }

        @Override
        public int length() {
            return 0;
        }

        @Override
        public boolean matches(String segment) {
            return !segment.isEmpty();
        }
    }

    /** Anything but nothing, written as an asterisk. */
    record Wildcard() implements Segment {
        @Override
        public int rank() {
            return 3;
        }

        @Override
        public int length() {
            return 0;
        }

        @Override
        public boolean matches(String segment) {
            return !segment.isEmpty();
        }
    }

    /** All the rest of the path, slashes too, as long as it begins with this text, which may be empty. */
    record Rest(String prefix) implements Segment {
        @Override
        public int rank() {
            return 4;
        }

        @Override
        public int length() {
            return prefix.length();
        }

        @Override
        public boolean matches(String segment) {
            return segment.startsWith(prefix);
        }
    }
}
