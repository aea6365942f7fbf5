package io.llmproxy.usage;

import io.llmproxy.config.ModelPattern;
import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.config.document.YamlFile;
import io.llmproxy.config.document.YamlTree.Mapping;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads a file of prices, and says with line and member what is wrong with it. */
public final class PriceFile {
    private static final String EXPECTED = "version, currency, models";
    private static final String A_PRICE = "a price, such as \"1.25\"";
    private static final String A_FACTOR = "a factor, such as \"0.5\"";
    private static final String A_TIME = "a time, such as 2026-11-01T00:00:00Z";
    private static final Pattern DECIMAL = Pattern.compile("[0-9]{1,6}(\\.[0-9]{1,15})?");
    private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");

    /** From a price per million to one of a piece in units of 1e-12. */
    private static final int MILLIONTH_IN_PICOS = Money.SCALE - 6;

    private static final Set<String> FILE_KEYS = ordered("version", "currency", "models");
    private static final Set<String> RULE_KEYS =
            ordered("model", "upstream", "from", "until", "free", "per_million", "above", "tiers", "per", "multiply");
    private static final Map<String, Bucket> BUCKETS = byKey(Bucket.ALL, Bucket::key);
    private static final Map<String, UnitPrice> UNITS = byKey(UnitPrice.ALL, UnitPrice::key);
    private static final String GEO = "inference_geo.";
    private static final String SPEED = "speed.";

    private final List<Problem> problems = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();

    private PriceFile() {}

    /**
     * Prices that can be used.
     *
     * @param warnings what the operator should look at nevertheless
     */
    public record Loaded(Prices prices, List<Problem> warnings) {
        /** Copies the list. */
        public Loaded {
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Reads a file.
     *
     * @throws ConfigException with every problem, if anything is wrong
     */
    public static Loaded read(Path file) {
        return new PriceFile().read(YamlFile.read(file, EXPECTED));
    }

    /**
     * Reads a text.
     *
     * @param source what problems call it
     * @throws ConfigException with every problem, if anything is wrong
     */
    public static Loaded parse(String text, String source) {
        return new PriceFile().read(YamlFile.parse(text, source, EXPECTED));
    }

    private Loaded read(Mapping root) {
        PriceNode file = new PriceNode(root, "", problems);
        file.only(FILE_KEYS);
        String version = required(file, "version", "a text that tells these prices from others");
        String currency = required(file, "currency", "three capital letters, such as USD");
        if (currency != null && !CURRENCY.matcher(currency).matches()) {
            Optional.ofNullable(file.get("currency")).ifPresent(node -> node.bad("three capital letters, such as USD"));
        }
        List<PriceRule> rules = new ArrayList<>();
        PriceNode models = file.get("models");
        if (models == null) {
            file.error("models: missing (expected: a list of prices)");
        } else {
            models.items().forEach(item -> Optional.ofNullable(rule(item)).ifPresent(rules::add));
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        return new Loaded(new Prices(String.valueOf(version), String.valueOf(currency), rules), warnings);
    }

    private static @Nullable String required(PriceNode node, String name, String expected) {
        PriceNode member = node.get(name);
        if (member == null) {
            node.error(name + ": missing (expected: " + expected + ")");
            return null;
        }
        return member.text(expected);
    }

    private @Nullable PriceRule rule(PriceNode node) {
        if (!node.isSection()) {
            node.bad("a section with model and its prices");
            return null;
        }
        boolean known = node.only(RULE_KEYS);
        ModelPattern model = model(node);
        boolean free = isFree(node);
        Instant from = time(node.get("from"));
        Instant until = time(node.get("until"));
        if (from != null && until != null && !from.isBefore(until)) {
            Optional.ofNullable(node.get("until")).ifPresent(end -> end.bad("a time after from"));
        }
        PriceNode upstream = node.get("upstream");
        String whose = upstream == null ? null : upstream.text("the name of an upstream, or its provider");
        Map<UnitPrice, Long> units = units(node.get("per"));
        Map<PriceRule.Variant, List<PriceRule.Step>> variants = variants(node);
        if (free && (node.get("per_million") != null || node.get("per") != null)) {
            node.error("both free and with prices (expected: one of them)");
        }
        if (known && !free && node.get("per_million") == null && node.get("per") == null) {
            node.error("no price (expected: per_million, per, or free: true)");
        }
        return model == null ? null : new PriceRule(model, whose, from, until, free, variants, units);
    }

    private static @Nullable ModelPattern model(PriceNode node) {
        String text = required(node, "model", "the name of a model, or a pattern of names");
        Optional<ModelPattern> model = text == null ? Optional.empty() : ModelPattern.parse(text);
        PriceNode member = node.get("model");
        if (model.isEmpty() && text != null && member != null) {
            member.bad("the name of a model, or a pattern of names");
        }
        return model.orElse(null);
    }

    private static boolean isFree(PriceNode node) {
        PriceNode free = node.get("free");
        String text = free == null ? "false" : free.text("true or false");
        if (free != null && text != null && !text.equals("true") && !text.equals("false")) {
            free.bad("true or false");
        }
        return "true".equals(text);
    }

    private static @Nullable Instant time(@Nullable PriceNode node) {
        String text = node == null ? null : node.text(A_TIME);
        if (node == null || text == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            node.bad(A_TIME);
            return null;
        }
    }

    private Map<PriceRule.Variant, List<PriceRule.Step>> variants(PriceNode node) {
        NavigableMap<Long, Rates> usual = steps(node, Rates.NONE, new TreeMap<>());
        Map<String, NavigableMap<Long, Rates>> tiers = new LinkedHashMap<>();
        tiers.put("", usual);
        PriceNode written = node.get("tiers");
        if (written != null) {
            written.forEach((name, tier) -> tiers.put(name, tier(tier, usual)));
        }
        Map<String, Factor> geos = factors(node, GEO);
        Map<String, Factor> speeds = factors(node, SPEED);
        Map<PriceRule.Variant, List<PriceRule.Step>> variants = new LinkedHashMap<>();
        tiers.forEach((tier, steps) -> geos.forEach((geo, byGeo) -> speeds.forEach((speed, bySpeed) -> {
            Factor factor = byGeo.and(bySpeed);
            variants.put(new PriceRule.Variant(tier, geo, speed), multiplied(steps, factor, node));
        })));
        return variants;
    }

    private List<PriceRule.Step> multiplied(Map<Long, Rates> steps, Factor factor, PriceNode node) {
        List<PriceRule.Step> multiplied = steps.entrySet().stream()
                .map(step -> new PriceRule.Step(step.getKey(), step.getValue().times(factor)))
                .toList();
        warnIfRounded(factor, node);
        return multiplied;
    }

    private void warnIfRounded(Factor factor, PriceNode node) {
        if (factor.hasRounded()) {
            warnings.add(node.problem("a price is rounded to a millionth of a millionth, half to even"));
        }
    }

    /** A tier has a factor, or prices of its own in the place of the usual ones. */
    private NavigableMap<Long, Rates> tier(PriceNode node, NavigableMap<Long, Rates> usual) {
        if (node.isSection()) {
            node.only(ordered("per_million", "above"));
            return steps(node, Rates.NONE, usual);
        }
        TreeMap<Long, Rates> tier = new TreeMap<>();
        BigDecimal value = decimal(node, A_FACTOR);
        if (value != null) {
            Factor factor = new Factor(value);
            usual.forEach((above, rates) -> tier.put(above, rates.times(factor)));
            warnIfRounded(factor, node);
        }
        return tier;
    }

    /**
     * Reads prices, and those that hold above some size of the input: what one step does not say, the one below it does.
     *
     * @param usual what holds where nothing is said
     */
    private NavigableMap<Long, Rates> steps(PriceNode node, Rates none, NavigableMap<Long, Rates> usual) {
        TreeMap<Long, Map<Bucket, Long>> written = new TreeMap<>();
        PriceNode base = node.get("per_million");
        written.put(-1L, base == null ? Map.of() : perMillion(base));
        PriceNode above = node.get("above");
        if (above != null) {
            above.items().forEach(item -> above(item, written));
        }
        usual.keySet().forEach(step -> written.putIfAbsent(step, Map.of()));
        TreeMap<Long, Rates> steps = new TreeMap<>();
        Map<Bucket, Long> known = new EnumMap<>(Bucket.class);
        written.forEach((step, prices) -> {
            known.putAll(prices);
            Map.Entry<Long, Rates> below = usual.floorEntry(step);
            steps.put(step, (below == null ? none : below.getValue()).with(known));
        });
        return steps;
    }

    private void above(PriceNode item, Map<Long, Map<Bucket, Long>> steps) {
        item.only(ordered("input_tokens", "per_million"));
        PriceNode prices = item.get("per_million");
        String text = required(item, "input_tokens", "a number of tokens");
        if (text == null || prices == null) {
            item.error("incomplete (expected: input_tokens and per_million)");
        } else if (!text.matches("[0-9]{1,10}")) {
            Optional.ofNullable(item.get("input_tokens")).ifPresent(node -> node.bad("a number of tokens"));
        } else if (steps.putIfAbsent(Long.parseLong(text), perMillion(prices)) != null) {
            item.error("a second one for " + text + " tokens (expected: one)");
        }
    }

    private Map<Bucket, Long> perMillion(PriceNode node) {
        return prices(node, BUCKETS, MILLIONTH_IN_PICOS, new EnumMap<>(Bucket.class));
    }

    private Map<UnitPrice, Long> units(@Nullable PriceNode node) {
        Map<UnitPrice, Long> units = new EnumMap<>(UnitPrice.class);
        return node == null ? units : prices(node, UNITS, Money.SCALE, units);
    }

    private <K> Map<K, Long> prices(PriceNode node, Map<String, K> keys, int scale, Map<K, Long> prices) {
        node.only(keys.keySet());
        node.forEach((name, value) -> {
            K key = keys.get(name);
            BigDecimal price = key == null ? null : decimal(value, A_PRICE);
            if (key != null && price != null) {
                Factor factor = new Factor(price.movePointRight(scale));
                prices.put(key, factor.times(1));
                warnIfRounded(factor, value);
            }
        });
        return prices;
    }

    /** Reads the factors for one thing; where nothing is said of it, prices are as they are. */
    private static Map<String, Factor> factors(PriceNode rule, String prefix) {
        Map<String, Factor> factors = new LinkedHashMap<>();
        factors.put("", Factor.ONE);
        PriceNode node = rule.get("multiply");
        if (node == null) {
            return factors;
        }
        node.forEach((name, value) -> {
            boolean unknown = !name.startsWith(GEO) && !name.startsWith(SPEED);
            if (unknown && prefix.equals(GEO)) {
                value.error("unknown key (expected: inference_geo. or speed., followed by what the answer says)");
            } else if (name.startsWith(prefix)) {
                BigDecimal factor = decimal(value, A_FACTOR);
                factors.put(name.substring(prefix.length()), new Factor(factor == null ? BigDecimal.ONE : factor));
            }
        });
        return factors;
    }

    private static @Nullable BigDecimal decimal(PriceNode node, String expected) {
        String text = node.text(expected);
        if (text != null && DECIMAL.matcher(text).matches()) {
            return new BigDecimal(text);
        }
        if (text != null) {
            node.bad(expected);
        }
        return null;
    }

    private static <K> Map<String, K> byKey(List<K> all, Function<K, String> key) {
        return all.stream()
                .collect(Collectors.toMap(key, value -> value, (first, second) -> first, LinkedHashMap::new));
    }

    private static Set<String> ordered(String... names) {
        return new LinkedHashSet<>(List.of(names));
    }
}
