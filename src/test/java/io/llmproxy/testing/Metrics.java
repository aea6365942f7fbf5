package io.llmproxy.testing;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code /metrics} said at one time.
 *
 * @param samples the value of each sample, by its name and labels as they stand
 */
public record Metrics(Map<String, Double> samples) {
    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-zA-Z_:][\\w:]*(?:\\{.*})?) (\\S+)$");

    /** Reads Prometheus' text format. */
    public static Metrics parse(String text) {
        Map<String, Double> samples = new LinkedHashMap<>();
        Matcher matcher = SAMPLE.matcher(text);
        while (matcher.find()) {
            samples.put(matcher.group(1), Double.valueOf(matcher.group(2)));
        }
        return new Metrics(samples);
    }

    /** The sum of a metric's samples that have all of these labels, such as {@code group="one"}; 0 if there is none. */
    public double sum(String name, String... labels) {
        return samples.entrySet().stream()
                .filter(sample -> matches(sample.getKey(), name, labels))
                .mapToDouble(Map.Entry::getValue)
                .sum();
    }

    /** Whether there is any sample of a metric. */
    public boolean has(String name) {
        return samples.keySet().stream().anyMatch(sample -> matches(sample, name));
    }

    private static boolean matches(String sample, String name, String... labels) {
        if (!sample.equals(name) && !sample.startsWith(name + "{")) {
            return false;
        }
        for (String label : labels) {
            if (!sample.contains("{" + label) && !sample.contains("," + label)) {
                return false;
            }
        }
        return true;
    }
}
