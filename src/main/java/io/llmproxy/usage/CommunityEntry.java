package io.llmproxy.usage;

import io.llmproxy.config.document.YamlTree;
import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.document.YamlTree.Scalar;
import io.llmproxy.config.document.YamlTree.Sequence;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The prices of one model in the community's table: US dollars for one of each. */
final class CommunityEntry {
    private static final Map<String, String> TOKENS = Map.ofEntries(
            Map.entry("input_cost_per_token", "input"),
            Map.entry("output_cost_per_token", "output"),
            Map.entry("output_cost_per_reasoning_token", "reasoning"),
            Map.entry("cache_read_input_token_cost", "cache_read"),
            Map.entry("input_cost_per_token_cache_hit", "cache_read"),
            Map.entry("cache_creation_input_token_cost", "cache_write"),
            Map.entry("cache_creation_input_token_cost_above_1hr", "cache_write_1h"),
            Map.entry("input_cost_per_audio_token", "audio_input"),
            Map.entry("output_cost_per_audio_token", "audio_output"),
            Map.entry("cache_read_input_audio_token_cost", "audio_cache_read"),
            Map.entry("input_cost_per_audio_token_cache_hit", "audio_cache_read"),
            Map.entry("input_cost_per_image_token", "image_input"),
            Map.entry("cache_read_input_image_token_cost", "image_cache_read"),
            Map.entry("output_cost_per_image_token", "image_output"));
    private static final Map<String, String> UNITS = Map.of(
            "output_cost_per_image", "image",
            "input_cost_per_second", "second",
            "output_cost_per_second", "second",
            "input_cost_per_character", "character",
            "input_cost_per_request", "request");
    private static final Map<String, String> TIERS =
            Map.of("_flex", "flex", "_priority", "priority", "_batches", "batch");
    private static final Pattern THRESHOLD = Pattern.compile("(.+)_above_([0-9]{1,6})k_tokens");

    /** What has to do with money, whether it is known here or not. */
    private static final Pattern MONEY = Pattern.compile(".*(cost|price|pricing|multiplier|billing).*");

    private static final Set<String> SEARCHES = Set.of("search_context_cost_per_query");
    /** What counts only where another member that means the same has no price. */
    private static final Set<String> SECOND_CHOICE =
            Set.of("output_cost_per_second", "input_cost_per_token_cache_hit", "input_cost_per_audio_token_cache_hit");

    /** A price of 0, as it is written. */
    private static final String NOTHING = CommunityPrices.quoted("0");

    private static final BigDecimal MILLION = new BigDecimal(1_000_000);
    private static final BigDecimal MOST = new BigDecimal(999_999);

    /** By tier, which is empty for the usual one; by threshold, which is 0 for the usual one; by bucket. */
    private final Map<String, Map<Long, Map<String, String>>> tokens = new TreeMap<>();

    private final Map<String, String> units = new TreeMap<>();
    private final List<String> leftOut = new ArrayList<>();
    private boolean zero = true;

    private CommunityEntry() {}

    static CommunityEntry of(Mapping members) {
        CommunityEntry entry = new CommunityEntry();
        members.entries().forEach((name, value) -> {
            if (MONEY.matcher(name).matches()) {
                entry.take(name, value);
            }
        });
        return entry;
    }

    private void take(String name, YamlTree value) {
        boolean taken = value.isAbsent();
        if (name.equals("tiered_pricing") && value instanceof Sequence ranges) {
            taken = ranges.items().stream().allMatch(this::range);
        } else if (SEARCHES.contains(name) && value instanceof Mapping sizes) {
            taken = search(sizes);
        } else if (!taken && value instanceof Scalar scalar) {
            taken = scalar(name, scalar.text());
        }
        if (!taken) {
            leftOut.add(name);
        }
    }

    /** Returns whether it is a price that is known here. */
    private boolean scalar(String name, String text) {
        BigDecimal price = price(text);
        if (price == null) {
            return false;
        }
        String unit = UNITS.get(name);
        if (unit != null) {
            put(unit, price, SECOND_CHOICE.contains(name));
            return true;
        }
        return perToken(name, price);
    }

    private boolean perToken(String name, BigDecimal price) {
        String rest = name;
        String tier = "";
        for (Map.Entry<String, String> known : TIERS.entrySet()) {
            if (rest.endsWith(known.getKey())) {
                tier = known.getValue();
                rest = rest.substring(0, rest.length() - known.getKey().length());
            }
        }
        long above = 0;
        Matcher threshold = THRESHOLD.matcher(rest);
        if (threshold.matches()) {
            rest = threshold.group(1);
            above = 1_000 * Long.parseLong(threshold.group(2));
        }
        String bucket = TOKENS.get(rest);
        boolean known = bucket != null && price.compareTo(BigDecimal.ONE) < 0;
        if (bucket != null && known) {
            put(tier, above, bucket, price, SECOND_CHOICE.contains(rest));
        }
        return known;
    }

    private void put(String tier, long above, String bucket, BigDecimal price, boolean second) {
        Map<String, String> prices =
                tokens.computeIfAbsent(tier, key -> new TreeMap<>()).computeIfAbsent(above, key -> new TreeMap<>());
        put(prices, bucket, written(price.multiply(MILLION)), second);
    }

    private void put(String unit, BigDecimal price, boolean second) {
        put(units, unit, written(price), second);
    }

    /** Two members may mean the same. Many entries have a 0 for the one that the provider does not bill by. */
    private static void put(Map<String, String> prices, String name, String price, boolean second) {
        prices.merge(
                name,
                price,
                (before, next) -> next.equals(NOTHING) || (second && !before.equals(NOTHING)) ? before : next);
    }

    /** Prices for a range of the input: where one range ends, the next begins. */
    private boolean range(YamlTree tree) {
        if (!(tree instanceof Mapping range)
                || !(range.entries().get("range") instanceof Sequence ends)
                || ends.items().isEmpty()
                || !(ends.items().get(0) instanceof Scalar start)) {
            return false;
        }
        BigDecimal above = price(start.text());
        boolean taken = above != null;
        for (Map.Entry<String, YamlTree> member : range.entries().entrySet()) {
            if (taken && !member.getKey().equals("range")) {
                String bucket = TOKENS.get(member.getKey());
                BigDecimal price = member.getValue() instanceof Scalar scalar ? price(scalar.text()) : null;
                taken = bucket != null && price != null;
                if (bucket != null && price != null && above != null) {
                    put("", above.longValue(), bucket, price, SECOND_CHOICE.contains(member.getKey()));
                }
            }
        }
        return taken;
    }

    /** Searches cost the same whatever their size, or are not known here. */
    private boolean search(Mapping sizes) {
        Set<String> prices = sizes.entries().values().stream()
                .map(size -> size instanceof Scalar scalar ? price(scalar.text()) : null)
                .map(price -> price == null ? "" : written(price))
                .collect(Collectors.toSet());
        String price = prices.size() == 1 ? prices.iterator().next() : "";
        if (!price.isEmpty()) {
            units.put("web_search", price);
        }
        return !price.isEmpty();
    }

    private static @Nullable BigDecimal price(String text) {
        try {
            BigDecimal price = new BigDecimal(text);
            return price.signum() < 0 || price.compareTo(MOST) > 0 ? null : price;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private String written(BigDecimal price) {
        zero &= price.signum() == 0;
        BigDecimal kept = price.scale() > Money.SCALE ? price.setScale(Money.SCALE, RoundingMode.HALF_EVEN) : price;
        String plain = kept.signum() == 0 ? "0" : kept.stripTrailingZeros().toPlainString();
        return CommunityPrices.quoted(plain);
    }

    List<String> leftOut() {
        return leftOut;
    }

    boolean isEmpty() {
        Map<Long, Map<String, String>> usual = tokens.get("");
        return units.isEmpty() && (usual == null || !usual.containsKey(0L));
    }

    boolean isZero() {
        return zero;
    }

    /** Returns the prices as members of a rule. */
    String yaml() {
        StringBuilder yaml = new StringBuilder();
        Map<Long, Map<String, String>> usual = tokens.get("");
        if (usual != null) {
            yaml.append(", ").append(String.join(", ", prices(usual)));
        }
        Map<String, String> tiers = new TreeMap<>();
        tokens.forEach((tier, prices) -> {
            if (!tier.isEmpty()) {
                tiers.put(tier, '{' + String.join(", ", prices(prices)) + '}');
            }
        });
        if (!tiers.isEmpty()) {
            yaml.append(", tiers: ").append(CommunityPrices.section(tiers));
        }
        if (!units.isEmpty()) {
            yaml.append(", per: ").append(CommunityPrices.section(units));
        }
        return yaml.toString();
    }

    private static List<String> prices(Map<Long, Map<String, String>> steps) {
        List<String> members = new ArrayList<>();
        List<String> above = new ArrayList<>();
        steps.forEach((step, prices) -> {
            String perMillion = "per_million: " + CommunityPrices.section(prices);
            if (step == 0) {
                members.add(perMillion);
            } else {
                above.add("{input_tokens: " + step + ", " + perMillion + '}');
            }
        });
        if (!above.isEmpty()) {
            members.add("above: [" + String.join(", ", above) + ']');
        }
        return members;
    }
}
