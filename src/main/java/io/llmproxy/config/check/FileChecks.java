package io.llmproxy.config.check;

import io.llmproxy.config.document.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Checks the files that a configuration names. */
record FileChecks(Problems problems) {
    /** Refuses a file that cannot be read; none is fine. */
    void checkReadable(String path, @Nullable Path file) {
        if (file == null) {
            return;
        }
        String reason = reason(file);
        if (reason != null) {
            String shown = problems.shown(path, file.toString());
            problems.error(path, shown + ": " + reason + " (expected: a file that this process may read)");
        }
    }

    private static @Nullable String reason(Path file) {
        if (Files.isDirectory(file)) {
            return "a directory";
        }
        if (Files.notExists(file)) {
            return "no such file";
        }
        return Files.isRegularFile(file) && Files.isReadable(file) ? null : "access denied";
    }

    /** Refuses a file for what is in it. */
    void refuse(String path, Path file, String expectation) {
        problems.error(path, problems.shown(path, file.toString()) + " (expected: " + expectation + ")");
    }
}
