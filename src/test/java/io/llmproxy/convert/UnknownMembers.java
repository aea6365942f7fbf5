package io.llmproxy.convert;

import io.llmproxy.convert.json.Json;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the members that the types of a vendor do not know. OpenAI's and Anthropic's keep them aside, Google's forget them; neither objects.
 */
final class UnknownMembers {
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<String> found = new TreeSet<>();

    private UnknownMembers() {}

    /** Returns what an object of OpenAI's or Anthropic's types has kept aside, as {@code type.member}. */
    static Set<String> in(Object model) {
        UnknownMembers members = new UnknownMembers();
        try {
            members.look(model);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        return members.found;
    }

    private void look(@Nullable Object value) throws ReflectiveOperationException {
        if (value instanceof Optional<?> optional) {
            look(optional.orElse(null));
        } else if (value instanceof Collection<?> many) {
            for (Object one : many) {
                look(one);
            }
        } else if (value != null && isField(value.getClass())) {
            look(value.getClass().getMethod("asKnown").invoke(value));
        } else if (value != null && isModel(value.getClass()) && seen.add(value)) {
            lookInto(value);
        }
    }

    private void lookInto(Object model) throws ReflectiveOperationException {
        for (Method method : model.getClass().getMethods()) {
            if (method.getName().equals("_additionalProperties") && method.getParameterCount() == 0) {
                String type = model.getClass().getSimpleName();
                ((Map<?, ?>) method.invoke(model)).keySet().forEach(name -> found.add(type + "." + name));
            }
        }
        for (Field field : model.getClass().getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && !field.getType().isPrimitive()) {
                field.setAccessible(true);
                look(field.get(model));
            }
        }
    }

    private static boolean isField(Class<?> type) {
        for (Class<?> above = type; above != null; above = above.getSuperclass()) {
            if (above.getSimpleName().equals("JsonField") && above.getName().contains(".core.")) {
                return true;
            }
        }
        return false;
    }

    private static boolean isModel(Class<?> type) {
        return type.getName().startsWith("com.openai.models.") || type.getName().startsWith("com.anthropic.models.");
    }

    /** Returns the names of members that are not there any more, as paths. */
    static Set<String> lost(Json before, Json after) {
        Set<String> lost = new TreeSet<>();
        lost(before, after, "", lost);
        return lost;
    }

    private static void lost(Json before, @Nullable Json after, String path, Set<String> lost) {
        if (before instanceof Json.Obj object && after instanceof Json.Obj kept) {
            object.members().forEach((name, value) -> {
                if (value != Json.Null.NULL && kept.get(name) == null) {
                    lost.add(path + "." + name);
                } else {
                    lost(value, kept.get(name), path + "." + name, lost);
                }
            });
        } else if (before instanceof Json.Arr many && after instanceof Json.Arr kept) {
            for (int at = 0; at < Math.min(many.items().size(), kept.items().size()); at++) {
                lost(many.items().get(at), kept.items().get(at), path + "[]", lost);
            }
        }
    }
}
