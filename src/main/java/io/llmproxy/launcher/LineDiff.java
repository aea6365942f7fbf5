package io.llmproxy.launcher;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The difference of two texts, line by line, in the form of {@code diff -u}. It is the shortest one, by Myers' greedy algorithm:
 * its time grows with what differs, not with what is the same.
 */
final class LineDiff {
    private static final int CONTEXT = 3;

    private final List<String> before;
    private final List<String> after;

    /** A line of either text, or of both. */
    private record Line(char mark, String text, int beforeAt, int afterAt) {}

    private LineDiff(List<String> before, List<String> after) {
        this.before = before;
        this.after = after;
    }

    /** Returns the difference; nothing if there is none. */
    static String of(String nameBefore, String before, String nameAfter, String after) {
        if (before.equals(after)) {
            return "";
        }
        LineDiff diff = new LineDiff(before.lines().toList(), after.lines().toList());
        return "--- " + nameBefore + "\n+++ " + nameAfter + "\n" + hunks(diff.lines());
    }

    private List<Line> lines() {
        int most = before.size() + after.size();
        List<int[]> trace = new ArrayList<>();
        int[] reach = new int[2 * most + 2];
        for (int edits = 0; edits <= most; edits++) {
            trace.add(reach.clone());
            for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
                int x = isDown(reach, most, edits, diagonal)
                        ? reach[most + diagonal + 1]
                        : reach[most + diagonal - 1] + 1;
                int y = x - diagonal;
                while (x < before.size() && y < after.size() && before.get(x).equals(after.get(y))) {
                    x++;
                    y++;
                }
                reach[most + diagonal] = x;
                if (x >= before.size() && y >= after.size()) {
                    return path(trace, most);
                }
            }
        }
        throw new IllegalStateException("every two texts differ by some edits");
    }

    /** Whether the way to a diagonal comes from the one above, by a line that is only in the second text. */
    private static boolean isDown(int[] reach, int most, int edits, int diagonal) {
        return diagonal == -edits || (diagonal != edits && reach[most + diagonal - 1] < reach[most + diagonal + 1]);
    }

    private List<Line> path(List<int[]> trace, int most) {
        List<Line> lines = new ArrayList<>();
        int x = before.size();
        int y = after.size();
        for (int edits = trace.size() - 1; edits >= 0; edits--) {
            int[] reach = trace.get(edits);
            int diagonal = x - y;
            boolean down = isDown(reach, most, edits, diagonal);
            int from = down ? diagonal + 1 : diagonal - 1;
            int fromX = edits == 0 ? 0 : reach[most + from];
            int fromY = edits == 0 ? 0 : fromX - from;
            while (x > fromX && y > fromY) {
                x--;
                y--;
                lines.add(new Line(' ', before.get(x), x, y));
            }
            if (edits > 0) {
                lines.add(
                        down
                                ? new Line('+', after.get(fromY), fromX, fromY)
                                : new Line('-', before.get(fromX), fromX, fromY));
            }
            x = fromX;
            y = fromY;
        }
        Collections.reverse(lines);
        return lines;
    }

    private static String hunks(List<Line> lines) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < lines.size()) {
            int start = nextChange(lines, at);
            if (start == lines.size()) {
                break;
            }
            int end = start;
            for (int next = start; next < lines.size() && next - end <= 2 * CONTEXT; next = nextChange(lines, end)) {
                end = next + 1;
            }
            int from = Math.max(at, start - CONTEXT);
            int to = Math.min(lines.size(), end + CONTEXT);
            hunk(lines.subList(from, to), text);
            at = to;
        }
        return text.toString();
    }

    private static int nextChange(List<Line> lines, int from) {
        int at = from;
        while (at < lines.size() && lines.get(at).mark == ' ') {
            at++;
        }
        return at;
    }

    private static void hunk(List<Line> lines, StringBuilder text) {
        long removed = lines.stream().filter(line -> line.mark != '+').count();
        long added = lines.stream().filter(line -> line.mark != '-').count();
        text.append(
                "@@ -" + place(lines.get(0).beforeAt, removed) + " +" + place(lines.get(0).afterAt, added) + " @@\n");
        lines.forEach(line -> text.append(line.mark).append(line.text).append('\n'));
    }

    private static String place(int at, long count) {
        return (count == 0 ? at : at + 1) + "," + count;
    }
}
