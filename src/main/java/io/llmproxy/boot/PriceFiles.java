package io.llmproxy.boot;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.ledger.LedgerFiles;
import io.llmproxy.usage.CommunityPrices;
import io.llmproxy.usage.PriceFile;
import io.llmproxy.usage.Prices;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** What can be done with files of prices on the command line. */
public final class PriceFiles {
    private PriceFiles() {}

    /**
     * Turns the community's table of prices into a file of ours.
     *
     * @param leftOut is told what the file does not have, line by line
     * @return the file's text
     * @throws ConfigException if the table cannot be read
     */
    public static String importTable(Path table, Consumer<String> leftOut) {
        CommunityPrices.Imported imported = CommunityPrices.read(table, "community-" + digest(table));
        imported.leftOut().forEach(line -> leftOut.accept("left out: " + line));
        return imported.yaml();
    }

    /**
     * Checks a file of prices.
     *
     * @param warnings is told what the operator should look at nevertheless, line by line
     * @return a sentence about it
     * @throws ConfigException with every problem, if anything is wrong
     */
    public static String check(Path file, Consumer<String> warnings) {
        PriceFile.Loaded loaded = PriceFile.read(file);
        loaded.warnings().forEach(warning -> warnings.accept("warning: " + warning));
        Prices prices = loaded.prices();
        return "the prices are valid: version " + prices.version() + ", " + prices.size() + " rules, in "
                + prices.currency();
    }

    /**
     * Prices the attempts of a ledger anew.
     *
     * @param prices a file of prices
     * @param out is told what became of it
     * @param err is told of lines that do not count
     * @return the number of problems
     * @throws ConfigException with every problem of the file of prices
     * @throws IOException if the ledger cannot be read, or nothing can be added to it
     */
    public static int reprice(
            LedgerFiles ledger, LedgerFiles.Period period, Path prices, PrintStream out, PrintStream err)
            throws IOException {
        PriceFile.Loaded loaded = PriceFile.read(prices);
        loaded.warnings().forEach(warning -> err.println("warning: " + warning));
        return ledger.reprice(loaded.prices(), period, Version.current(), out, err);
    }

    /** Tells one table from another. */
    private static String digest(Path table) {
        CRC32C sum = new CRC32C();
        try {
            sum.update(Files.readAllBytes(table));
        } catch (IOException e) {
            // It was just read: what is missing in the name is in the prices.
            return "unknown";
        }
        return String.format("%08x", sum.getValue());
    }
}
