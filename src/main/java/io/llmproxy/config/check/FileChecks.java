package io.llmproxy.config.check;

import io.llmproxy.config.document.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Checks the files that a configuration names. */
record FileChecks(Problems problems) {
    /** Refuses a file that cannot be read; none is fine. */
    void checkReadable(String path, @Nullable Path file) {
        if (file != null && !(Files.isRegularFile(file) && Files.isReadable(file))) {
            refuse(path, file, "a file that this process may read");
        }
    }

    /** Refuses a file for what is in it. */
    void refuse(String path, Path file, String expectation) {
        problems.error(path, problems.shown(path, file.toString()) + " (expected: " + expectation + ")");
    }
}
