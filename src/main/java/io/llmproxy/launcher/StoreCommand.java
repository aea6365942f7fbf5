package io.llmproxy.launcher;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.HeadMovedException;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.SecretRefusedException;
import io.llmproxy.store.StoreException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A command about a store: finds what it is asked to do, does it, and tells what went wrong. */
final class StoreCommand {
    private static final String MANAGED =
            " (expected: a change there, `config import --managed-by` by what manages it, or --override-managed)";

    /** The exit code of what went wrong. */
    static final int FOUND = 1;

    private final String name;
    private final String usage;
    private final List<Subcommand> subcommands;
    private final PrintStream out;
    private final PrintStream err;

    /**
     * @param name what it is called by
     * @param usage its help
     * @param out for what was asked
     * @param err for what went wrong
     * @param subcommands what it does
     */
    StoreCommand(String name, String usage, PrintStream out, PrintStream err, Subcommand... subcommands) {
        this.name = name;
        this.usage = usage;
        this.out = out;
        this.err = err;
        this.subcommands = List.of(subcommands);
    }

    /**
     * Runs it.
     *
     * @param arguments those behind its name
     * @return the exit code
     * @throws UsageException if they make no sense
     */
    int run(List<String> arguments) throws UsageException {
        if (arguments.contains("-h") || arguments.contains("--help")) {
            out.print(usage);
            return 0;
        }
        Subcommand asked = asked(arguments);
        StoreArguments parsed = asked.parse(name, arguments.subList(1, arguments.size()));
        try {
            return asked.doing().act(parsed);
        } catch (ConfigException e) {
            tell(e.problems(), parsed);
        } catch (HeadMovedException | KeyConflictException | SecretRefusedException e) {
            err.println("llmproxy: " + e.getMessage() + "; nothing was changed");
        } catch (StoreException e) {
            err.println("llmproxy: " + e.getMessage() + (e.kind() == StoreException.Kind.MANAGED ? MANAGED : ""));
        }
        return FOUND;
    }

    private Subcommand asked(List<String> arguments) throws UsageException {
        String word = arguments.isEmpty() ? "" : arguments.get(0);
        Optional<Subcommand> found = subcommands.stream()
                .filter(subcommand -> subcommand.name().equals(word))
                .findFirst();
        return found.orElseThrow(() -> StoreArguments.wrong(
                word.isEmpty() ? name + ": no command" : name + " " + word + ": unknown command",
                choices(subcommands.stream().map(Subcommand::name).toList())));
    }

    private static String choices(List<String> names) {
        int last = names.size() - 1;
        return last == 0 ? names.get(0) : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
    }

    private void tell(List<Problem> problems, StoreArguments arguments) {
        if (arguments.has("--json")) {
            out.println(JsonOutput.of(Map.of("problems", members(problems))));
        } else {
            problems.forEach(err::println);
        }
    }

    /** Problems for a program. */
    static List<Map<String, Object>> members(List<Problem> problems) {
        return problems.stream().map(StoreCommand::members).toList();
    }

    private static Map<String, Object> members(Problem problem) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("source", problem.source());
        told.put("line", problem.line());
        told.put("path", problem.path());
        told.put("message", problem.message());
        return told;
    }
}
