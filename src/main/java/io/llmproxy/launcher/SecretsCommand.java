package io.llmproxy.launcher;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.boot.OpenStore;
import io.llmproxy.boot.StoreSecrets;
import io.llmproxy.boot.StoreSecrets.Told;
import io.llmproxy.config.Secret;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.TextFile;
import io.llmproxy.launcher.LauncherOptions.UsageException;
import io.llmproxy.store.SealedSecret;
import io.llmproxy.store.SealingKey;
import io.llmproxy.store.SecretRefusedException;
import io.llmproxy.store.SecretState;
import io.llmproxy.store.SecretTable.Rotation;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What is done with the secrets of a store on the command line. None is ever printed, nor taken as an argument. */
final class SecretsCommand {
    static final String NAME = "secrets";
    static final String USAGE = """
            The secrets in a store, to which its configuration refers by ${secret:NAME}

            usage: java -jar llmproxy.jar secrets put NAME [FILE] [--dry-run]
                   java -jar llmproxy.jar secrets delete NAME [--dry-run]
                   java -jar llmproxy.jar secrets list
                   java -jar llmproxy.jar secrets status
                   java -jar llmproxy.jar secrets rotate [--dry-run]

              put                 store the content of FILE, or what comes on standard input, without its last line break;
                                  nodes that need the secret follow
              delete              remove one that the head does not refer to
              list                list the secrets: names and fingerprints, not the secrets
              status              tell which key they are encrypted with, and whether this node has it
              rotate              encrypt all of them with store.key, which was another key before: all or none

              -c, --config FILE   the node's file, which names the store and the keys; found as without `secrets`
                  --store WHERE   a directory with H2, or jdbc:postgresql://host/database, instead of a node's file
                  --dry-run       do everything but the change
                  --json          print JSON
              -h, --help          print this

            exit codes: 0 fine, 1 problems found; nothing was changed then, 2 wrong usage
            """;

    private static final Pattern LAST_LINE_BREAK = Pattern.compile("\\R\\z");
    private static final int LONGEST = 256 * 1024;

    private final PrintStream out;

    private SecretsCommand(PrintStream out) {
        this.out = out;
    }

    static StoreCommand of(PrintStream out, PrintStream err) {
        SecretsCommand secrets = new SecretsCommand(out);
        return new StoreCommand(
                NAME,
                USAGE,
                out,
                err,
                Subcommand.of("put NAME [FILE]", in(secrets::put), "--dry-run"),
                Subcommand.of("delete NAME", in(secrets::delete), "--dry-run"),
                Subcommand.of("list", in(secrets::list)),
                Subcommand.of("status", in(secrets::status)),
                Subcommand.of("rotate", in(secrets::rotate), "--dry-run"));
    }

    /** What is done with an open store; the exit code. */
    @FunctionalInterface
    private interface Doing {
        int act(OpenStore store, StoreArguments arguments) throws UsageException, SecretRefusedException;
    }

    private static Subcommand.Doing in(Doing doing) {
        return arguments -> {
            try (OpenStore store = arguments.existing()) {
                return doing.act(store, arguments);
            }
        };
    }

    private static AuditNote note(String action, String object) {
        return AuditNote.plain(Documents.author(), "command", action).to(object);
    }

    private int put(OpenStore store, StoreArguments arguments) throws UsageException, SecretRefusedException {
        String name = arguments.values().get(0);
        boolean dry = arguments.has("--dry-run");
        Secret value = value(arguments.values().size() > 1 ? arguments.values().get(1) : null);
        Optional<Told> stored =
                store.secrets().put(name, value, store.content(), arguments.source(), dry, note("secret.put", name));
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("name", name);
            told.put("stored", !dry);
            stored.ifPresent(secret -> told.putAll(told(secret)));
            out.println(JsonOutput.of(told));
        } else {
            out.println(name
                    + stored.map(secret ->
                                    " is stored, as revision " + secret.secret().revision())
                            .orElse(" would be stored; nothing was changed"));
        }
        return 0;
    }

    private static Secret value(@Nullable String file) {
        try {
            String text = file == null ? standardInput() : TextFile.read(Path.of(file), LONGEST);
            return new Secret(LAST_LINE_BREAK.matcher(text).replaceFirst(""));
        } catch (IOException e) {
            String name = file == null ? "standard input" : file;
            throw new ConfigException(List.of(new Problem(name, 0, "", TextFile.reason(e))));
        }
    }

    private static String standardInput() throws IOException {
        InputStream in = System.in;
        return new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
    }

    private int delete(OpenStore store, StoreArguments arguments) throws SecretRefusedException {
        String name = arguments.values().get(0);
        boolean dry = arguments.has("--dry-run");
        boolean found = store.secrets().delete(name, dry, note("secret.delete", name));
        if (!found) {
            throw new SecretRefusedException(name + ": no such secret (expected: one that `secrets list` shows)");
        }
        if (arguments.has("--json")) {
            out.println(JsonOutput.of(Map.of("name", name, "deleted", !dry)));
        } else {
            out.println(name + (dry ? " would be removed; nothing was changed" : " is removed"));
        }
        return 0;
    }

    private static Map<String, Object> told(Told told) {
        SealedSecret secret = told.secret();
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", secret.name());
        members.put("revision", secret.revision());
        members.put("fingerprint", told.fingerprint());
        members.put("key", secret.keyId());
        members.put("author", secret.author());
        members.put("changed_at", String.valueOf(secret.changedAt()));
        members.put("problem", told.problem());
        return members;
    }

    private int list(OpenStore store, StoreArguments arguments) {
        List<Told> secrets = store.secrets().all();
        if (arguments.has("--json")) {
            out.println(JsonOutput.of(
                    Map.of("secrets", secrets.stream().map(SecretsCommand::told).toList())));
            return 0;
        }
        for (Told told : secrets) {
            SealedSecret secret = told.secret();
            String changed = secret.changedAt() == null
                    ? ""
                    : secret.changedAt().truncatedTo(ChronoUnit.SECONDS).toString();
            String state =
                    told.problem() == null ? String.valueOf(told.fingerprint()) : "undecryptable: " + told.problem();
            out.println(secret.name() + "  revision " + secret.revision() + "  " + changed + "  " + secret.author()
                    + "  " + state);
        }
        return 0;
    }

    private int status(OpenStore store, StoreArguments arguments) {
        StoreSecrets secrets = store.secrets();
        SecretState state = secrets.state();
        List<Told> all = secrets.all();
        List<Told> lost = all.stream().filter(told -> told.problem() != null).toList();
        String own = secrets.keys().first().map(SealingKey::id).orElse(null);
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("key", state.keyId());
            told.put("own_key", own);
            told.put(
                    "own_keys",
                    secrets.keys().keys().stream().map(SealingKey::id).toList());
            told.put("secrets", all.size());
            told.put(
                    "undecryptable",
                    lost.stream().map(one -> one.secret().name()).toList());
            out.println(JsonOutput.of(told));
        } else {
            out.println(
                    all.size() + " secrets, encrypted with the key " + (state.keyId() == null ? "–" : state.keyId()));
            out.println("store.key is the key " + (own == null ? "–" : own)
                    + (own == null || state.keyId() == null || own.equals(state.keyId())
                            ? ""
                            : "; `secrets rotate` encrypts them with it"));
            lost.forEach(one -> out.println(one.secret().name() + ": undecryptable: " + one.problem()));
        }
        return lost.isEmpty() ? 0 : StoreCommand.FOUND;
    }

    private int rotate(OpenStore store, StoreArguments arguments) throws SecretRefusedException {
        boolean dry = arguments.has("--dry-run");
        Rotation rotation = store.secrets().rotate(dry, note("secret.rotate", ""));
        boolean same = rotation.to().equals(rotation.from());
        if (arguments.has("--json")) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("from", rotation.from());
            told.put("to", rotation.to());
            told.put("secrets", rotation.secrets());
            told.put("changed", !dry && !same);
            out.println(JsonOutput.of(told));
        } else if (same) {
            out.println("all " + rotation.secrets() + " secrets are encrypted with the key " + rotation.to()
                    + "; there is nothing to do");
        } else {
            out.println(rotation.secrets() + " secrets " + (dry ? "would be" : "are") + " encrypted with the key "
                    + rotation.to() + (dry ? "; nothing was changed" : " now"));
        }
        return 0;
    }
}
