package io.llmproxy.testing;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A command of the launcher that has ended.
 *
 * @param code that it ended with
 * @param output what it has written
 */
public record CommandRun(int code, String output) {
    private static final Duration SOON = Duration.ofMinutes(3);

    /**
     * Runs a command.
     *
     * @param directory where it runs
     */
    public static CommandRun in(Path directory, String... arguments) {
        List<String> command = JavaCommand.launcher();
        command.addAll(List.of(arguments));
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            return new CommandRun(process.exitCode(SOON), process.log());
        }
    }
}
