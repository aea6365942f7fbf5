package io.llmproxy.boot;

import io.llmproxy.admin.Numbers;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Numbers of a node without a store. They begin anew with each start: its file says in which order. */
final class CountedNumbers implements Numbers {
    private final ReentrantLock counting = new ReentrantLock();
    private final Map<Kind, List<String>> names = new EnumMap<>(Kind.class);

    @Override
    public Map<String, Long> of(Kind kind, Collection<String> wanted) {
        counting.lock();
        try {
            List<String> known = names.computeIfAbsent(kind, none -> new ArrayList<>());
            Map<String, Long> numbers = new LinkedHashMap<>();
            for (String name : wanted) {
                if (!known.contains(name)) {
                    known.add(name);
                }
                numbers.put(name, known.indexOf(name) + 1L);
            }
            return numbers;
        } finally {
            counting.unlock();
        }
    }

    @Override
    public Optional<String> name(Kind kind, long number) {
        counting.lock();
        try {
            List<String> known = names.getOrDefault(kind, List.of());
            return number < 1 || number > known.size() ? Optional.empty() : Optional.of(known.get((int) number - 1));
        } finally {
            counting.unlock();
        }
    }
}
