package io.llmproxy.launcher;

import io.llmproxy.boot.PriceFiles;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/** What is done with files of prices on the command line: {@code prices check}, {@code prices import}. */
final class PricesCommand {
    static final String NAME = "prices";
    static final String USAGE = """
            Files of prices: what the tokens of each model cost

            usage: java -jar llmproxy.jar prices check FILE
                   java -jar llmproxy.jar prices import FILE > prices.yaml

              check               check a file of prices, print every problem with its line
              import              turn LiteLLM's model_prices_and_context_window.json into a file of prices on
                                  standard output; what is left out is named on standard error
              -h, --help          print this

            exit codes: 0 fine, 1 problems found, 2 wrong usage
            """;

    private final PrintStream out;
    private final PrintStream err;

    PricesCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /**
     * Does what is asked for.
     *
     * @param arguments those behind {@code prices}
     * @throws UsageException if they make no sense
     * @throws io.llmproxy.config.document.ConfigException with every problem of the file
     */
    void run(List<String> arguments) throws UsageException {
        if (arguments.contains("-h") || arguments.contains("--help")) {
            out.print(USAGE);
            return;
        }
        if (arguments.size() != 2) {
            throw new UsageException(
                    "prices: " + arguments.size() + " arguments (expected: check FILE, or import FILE)");
        }
        Path file = Path.of(arguments.get(1));
        switch (arguments.get(0)) {
            case "check" -> out.println(PriceFiles.check(file, err::println));
            case "import" -> out.print(PriceFiles.importTable(file, err::println));
            default -> throw new UsageException("prices " + arguments.get(0) + ": unknown (expected: check or import)");
        }
    }
}
