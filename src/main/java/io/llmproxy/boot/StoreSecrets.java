package io.llmproxy.boot;

import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SecretSource;
import io.llmproxy.config.Secrets;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.ConfigPrinter;
import io.llmproxy.config.document.Interpolation;
import io.llmproxy.config.document.LiteralSecrets;
import io.llmproxy.config.document.LiteralSecrets.Literal;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.store.Database;
import io.llmproxy.store.Draft;
import io.llmproxy.store.KeyRing;
import io.llmproxy.store.NodeKeys;
import io.llmproxy.store.SealException;
import io.llmproxy.store.SealedSecret;
import io.llmproxy.store.SealingKey;
import io.llmproxy.store.SecretRefusedException;
import io.llmproxy.store.SecretState;
import io.llmproxy.store.SecretTable;
import io.llmproxy.store.SecretTable.Rotation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The secrets of a store, as a node has them: it opens those that a document refers to, and moves those that stand in a document as they
 * are out of it.
 */
public final class StoreSecrets {
    /** What stands behind the {@code @} is a number: a version of the configuration relies on the value, so that it never changes. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}(?:@([1-9][0-9]{0,8}))?");

    private static final int LONGEST = 64 * 1024;

    /** For a document that is only looked at. */
    static final SecretSource STAND_IN = name -> new Secret("in-the-place-of-" + name);

    private final SecretTable table;
    private final NodeKeys keys;
    private final boolean alone;

    /**
     * @param database where they are
     * @param keys of the node
     */
    public StoreSecrets(Database database, NodeKeys keys) {
        this.table = new SecretTable(database);
        this.keys = keys;
        this.alone = database.isEmbedded();
    }

    /**
     * A secret, as operators are told of it.
     *
     * @param secret as it is stored
     * @param fingerprint tells whether two are the same; null if this node cannot open it
     * @param problem why it cannot; null if it can
     */
    public record Told(
            SealedSecret secret,
            @Nullable String fingerprint,
            @Nullable String problem) {}

    /**
     * What is to become a version, with its secrets out of the way.
     *
     * @param draft refers to them
     * @param loaded the same as it would be served
     */
    public record Sealed(Draft draft, ConfigLoader.Loaded loaded) {}

    /** How they stand. */
    public SecretState state() {
        return table.state();
    }

    /** The keys of this node. */
    public KeyRing keys() {
        return keys.get();
    }

    /** Returns the sealed secrets that a document refers to. */
    List<SealedSecret> of(String content) {
        return table.find(Interpolation.secrets(content));
    }

    /** Returns what a document refers to. */
    public SecretSource source(String content) {
        return new OpenedSecrets(of(content), keys.get());
    }

    /** Tells of all secrets, by name. */
    public List<Told> all() {
        return table.all().stream().map(this::told).toList();
    }

    private Told told(SealedSecret secret) {
        KeyRing ring = keys.get();
        try {
            Secret value = ring.open(secret);
            String fingerprint =
                    ring.find(secret.keyId()).map(key -> key.fingerprint(value)).orElse(null);
            return new Told(secret, fingerprint, null);
        } catch (SealException e) {
            return new Told(secret, null, e.reason());
        }
    }

    /**
     * Moves the secrets that stand in a document as they are out of it: references take their places. The same value at the same place
     * becomes the same secret. A document of a replaced system is put into LLMProxy's words, so that it can be edited.
     *
     * @param node loads the document
     * @param draft holds it
     * @param name what problems call it
     * @param dry whether it is not stored in the end
     * @throws ConfigException if the document is not valid, or they cannot be sealed here
     */
    public Sealed sealed(ConfigSource node, Draft draft, String name, boolean dry) {
        ConfigLoader.Loaded before = node.document(draft.content(), name, source(draft.content()));
        String own = node.inOwnWords(draft.content());
        LiteralSecrets literals = LiteralSecrets.in(own);
        if (literals.all().isEmpty()) {
            return own.equals(draft.content())
                    ? new Sealed(draft, before)
                    : new Sealed(draft.sealed(own, List.of()), node.document(own, name, source(own)));
        }
        KeyRing ring;
        SealingKey key;
        try {
            String inUse = table.state().keyId();
            ring = keys.toSeal(alone, inUse, dry);
            key = ring.sealing(inUse);
        } catch (SealException e) {
            throw new ConfigException(literals.all().stream()
                    .map(literal -> inTheClear(name, literal, e))
                    .toList());
        }
        List<SealedSecret> known = table.all();
        Numbering numbering = new Numbering(known, ring, key, draft.author());
        String content = literals.replaced(numbering::name);
        List<SealedSecret> all = new ArrayList<>(known);
        all.addAll(numbering.made);
        ConfigLoader.Loaded after = node.document(content, name, new OpenedSecrets(all, ring));
        if (!Secrets.of(before.config()).equals(Secrets.of(after.config()))) {
            throw new ConfigException(List.of(new Problem(
                    name,
                    0,
                    "",
                    "its secrets cannot be moved out of it (expected: ${NAME} or ${secret:NAME} in their place)")));
        }
        return new Sealed(draft.sealed(content, numbering.made), after);
    }

    private static Problem inTheClear(String name, Literal literal, SealException why) {
        String message = "a secret that cannot be encrypted: " + why.reason()
                + "; or refer to it by ${NAME}, ${file:path} or ${secret:name}";
        return new Problem(name, literal.line(), literal.path(), message);
    }

    /** Names what is moved: after its place, and with a number, as another value at the same place is another secret. */
    private static final class Numbering {
        private final Map<String, List<SealedSecret>> known = new HashMap<>();
        private final List<SealedSecret> made = new ArrayList<>();
        private final KeyRing ring;
        private final SealingKey key;
        private final String author;

        Numbering(List<SealedSecret> secrets, KeyRing ring, SealingKey key, String author) {
            this.ring = ring;
            this.key = key;
            this.author = author;
            secrets.forEach(this::add);
        }

        private void add(SealedSecret secret) {
            int at = secret.name().lastIndexOf('@');
            if (at > 0) {
                known.computeIfAbsent(secret.name().substring(0, at), name -> new ArrayList<>())
                        .add(secret);
            }
        }

        String name(Literal literal) {
            int last = 0;
            for (SealedSecret secret : known.getOrDefault(literal.name(), List.of())) {
                if (isSame(secret, literal.value())) {
                    return secret.name();
                }
                last = Math.max(last, number(secret.name()));
            }
            String name = literal.name() + '@' + (last + 1);
            SealedSecret sealed = KeyRing.seal(key, name, 1, literal.value(), author);
            made.add(sealed);
            add(sealed);
            return name;
        }

        /** One that cannot be opened is another one. */
        private boolean isSame(SealedSecret secret, Secret value) {
            try {
                return ring.open(secret).equals(value);
            } catch (SealException e) {
                return false;
            }
        }

        private static int number(String name) {
            Matcher matcher = NAME.matcher(name);
            String number = matcher.matches() ? matcher.group(1) : null;
            return number == null ? 0 : Integer.parseInt(number);
        }
    }

    /**
     * Stores a value. Nodes that serve a document that refers to it follow.
     *
     * @param name what documents call it
     * @param head the document that is wanted; with the value, it must still be valid
     * @param node loads it
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     * @return the secret; nothing if nothing was stored
     * @throws ConfigException if the head would not be valid any more
     */
    public Optional<Told> put(String name, Secret value, String head, ConfigSource node, boolean dry, AuditNote note)
            throws SecretRefusedException {
        check(name, value);
        if (Interpolation.secrets(head).contains(name)) {
            SecretSource others = source(head);
            var unused = node.document(head, "the head", asked -> asked.equals(name) ? value : others.secret(asked));
        }
        try {
            String inUse = table.state().keyId();
            KeyRing ring = keys.toSeal(alone, inUse, dry);
            if (dry) {
                var unused = ring.sealing(inUse);
                return Optional.empty();
            }
            return Optional.of(told(table.put(name, value, ring, note)));
        } catch (SealException e) {
            throw new SecretRefusedException(name + ": " + e.reason());
        }
    }

    private void check(String name, Secret value) throws SecretRefusedException {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new SecretRefusedException(
                    "not a valid secret name (expected: letters, digits and . _ - /, at most 200)");
        }
        if (value.reveal().isEmpty() || value.reveal().length() > LONGEST) {
            throw new SecretRefusedException(name + ": empty or too long (expected: 1 to " + LONGEST + " characters)");
        }
        if (value.reveal().equals(ConfigPrinter.MASK)) {
            throw new SecretRefusedException(name + ": *** is a placeholder (expected: the secret itself)");
        }
        if (matcher.group(1) != null && !table.find(Set.of(name)).isEmpty()) {
            throw new SecretRefusedException(
                    name + ": a stored version uses it, so it cannot change (expected: another number, or none)");
        }
    }

    /**
     * Removes a secret.
     *
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     * @return whether there was one
     * @throws SecretRefusedException if what is wanted needs it
     */
    public boolean delete(String name, boolean dry, AuditNote note) throws SecretRefusedException {
        return table.delete(name, content -> Interpolation.secrets(content).contains(name), dry, note);
    }

    /**
     * Puts all secrets under the key in {@code store.key}: all of them, or none.
     *
     * @param dry whether everything is done but the change
     * @param note what the audit is to say of it
     */
    public Rotation rotate(boolean dry, AuditNote note) throws SecretRefusedException {
        try {
            return table.rotate(keys.get(), dry, note);
        } catch (SealException e) {
            throw new SecretRefusedException(e.reason());
        }
    }
}
