package io.llmproxy.store;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line of a backup: cells with tabs between them. What would end a cell or a line is escaped. */
final class BackupLine {
    private static final String NULL = "\\N";

    private BackupLine() {}

    static String of(List<@Nullable String> cells) {
        StringBuilder line = new StringBuilder();
        for (String cell : cells) {
            if (!line.isEmpty()) {
                line.append('\t');
            }
            append(line, cell);
        }
        return line.append('\n').toString();
    }

    private static void append(StringBuilder line, @Nullable String cell) {
        if (cell == null) {
            line.append(NULL);
            return;
        }
        for (int i = 0; i < cell.length(); i++) {
            char next = cell.charAt(i);
            switch (next) {
                case '\\' -> line.append("\\\\");
                case '\t' -> line.append("\\t");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                default -> line.append(next);
            }
        }
    }

    /** Takes a line apart, without the sign that ends it. */
    static List<@Nullable String> cells(String line) {
        List<@Nullable String> cells = new ArrayList<>();
        int start = 0;
        for (int end = line.indexOf('\t'); end >= 0; end = line.indexOf('\t', start)) {
            cells.add(cell(line.substring(start, end)));
            start = end + 1;
        }
        cells.add(cell(line.substring(start)));
        return cells;
    }

    private static @Nullable String cell(String written) {
        if (written.equals(NULL)) {
            return null;
        }
        if (written.indexOf('\\') < 0) {
            return written;
        }
        StringBuilder cell = new StringBuilder(written.length());
        for (int i = 0; i < written.length(); i++) {
            char next = written.charAt(i);
            boolean escaped = next == '\\' && i + 1 < written.length();
            cell.append(escaped ? unescaped(written.charAt(++i)) : next);
        }
        return cell.toString();
    }

    private static char unescaped(char written) {
        return switch (written) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            default -> written;
        };
    }
}
