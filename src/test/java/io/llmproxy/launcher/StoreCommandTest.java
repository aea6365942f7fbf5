package io.llmproxy.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.HeadMovedException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<StoreArguments> done = new ArrayList<>();
    private final StoreCommand command = new StoreCommand(
            "things",
            "The help\n",
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Subcommand.of("put NAME [FILE]", this::note, "--dry-run"),
            Subcommand.of("list", this::note),
            Subcommand.of("move", arguments -> {
                throw new HeadMovedException(1, 2);
            }),
            Subcommand.of("break", arguments -> {
                throw new ConfigException(List.of(new Problem("a.yaml", 3, "keys", "is wrong")));
            }));

    private int note(StoreArguments arguments) {
        done.add(arguments);
        return 0;
    }

    private int run(String... arguments) throws UsageException {
        return command.run(List.of(arguments));
    }

    @Test
    void doesWhatItIsAskedTo() throws UsageException {
        assertThat(run("put", "a", "file", "--dry-run", "--json")).isZero();
        assertThat(run("put", "b", "-c", "node.yaml")).isZero();
        assertThat(run("list")).isZero();

        assertThat(done)
                .extracting(StoreArguments::values)
                .containsExactly(List.of("a", "file"), List.of("b"), List.of());
        assertThat(done.get(1).option("--config")).isEqualTo("node.yaml");
    }

    @Test
    void helpDoesNothing() throws UsageException {
        assertThat(run("put", "--help")).isZero();
        assertThat(run("-h")).isZero();

        assertThat(done).isEmpty();
        assertThat(out).hasToString("The help\nThe help\n");
    }

    @Test
    void whatMakesNoSenseIsRefusedWithWhatWouldMakeSome() {
        assertThatThrownBy(this::run)
                .isInstanceOf(UsageException.class)
                .hasMessage("things: no command (expected: put, list, move or break)");
        assertThatThrownBy(() -> run("drop"))
                .hasMessage("things drop: unknown command (expected: put, list, move or break)");
        assertThatThrownBy(() -> run("put")).hasMessage("0 arguments (expected: things put NAME [FILE])");
        assertThatThrownBy(() -> run("put", "a", "b", "c"))
                .hasMessage("3 arguments (expected: things put NAME [FILE])");
        assertThatThrownBy(() -> run("list", "--dry-run"))
                .hasMessage("--dry-run: not an option of things list (expected: one of those that --help lists)");
        assertThat(done).isEmpty();
    }

    @Test
    void whatGoesWrongIsTold() throws UsageException {
        assertThat(run("move")).isEqualTo(1);
        assertThat(run("break")).isEqualTo(1);
        assertThat(run("break", "--json")).isEqualTo(1);

        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("llmproxy: ", "; nothing was changed", "a.yaml", "is wrong");
        assertThat(out)
                .hasToString(
                        "{\"problems\":[{\"source\":\"a.yaml\",\"line\":3,\"path\":\"keys\",\"message\":\"is wrong\"}]}\n");
    }
}
