package io.llmproxy.jetty.container;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Another copy of Jetty in this JVM: the container's, whose classes are hidden from the web application, which brings its own. An
 * object of one copy is shown to the other as an interface of the same name, whose methods have the same names and parameters.
 */
final class OtherJetty {
    private static final String PREFIX = "org.eclipse.jetty.";
    private static final ClassLoader OWN = OtherJetty.class.getClassLoader();

    private final ClassLoader loader;
    private final Map<Method, Method> counterparts = new ConcurrentHashMap<>();
    private final Map<String, Method> named = new ConcurrentHashMap<>();

    /** @param loader loads the other copy's classes */
    OtherJetty(ClassLoader loader) {
        this.loader = loader;
    }

    /** Whether an object is of some copy of Jetty. */
    static boolean isOfJetty(Object object) {
        return object.getClass().getName().startsWith(PREFIX);
    }

    /** Returns a class of the other copy. */
    Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(name, false, loader);
    }

    /** Returns a method of the other copy, whose names differ within a class. */
    Method method(String type, String name, Class<?>... parameters) throws ReflectiveOperationException {
        String key = type + '.' + name;
        Method known = named.get(key);
        if (known == null) {
            known = type(type).getMethod(name, parameters);
            named.put(key, known);
        }
        return known;
    }

    /** Checks that each method that an interface of one copy demands is there in the other, too. */
    void check(Class<?> type) throws ReflectiveOperationException {
        for (Method method : type.getMethods()) {
            if (Modifier.isAbstract(method.getModifiers())) {
                counterpart(method);
            }
        }
    }

    /** Shows an object of the other copy as one of ours. */
    <T> T ours(Object original, Class<T> type) {
        return type.cast(show(original, type));
    }

    /** Shows an object of ours as one of the other copy, by some of the interfaces that it has. */
    Object theirs(Object original, Class<?>... types) throws ClassNotFoundException {
        Class<?>[] wanted = new Class<?>[types.length];
        for (int i = 0; i < types.length; i++) {
            wanted[i] = type(types[i].getName());
        }
        return show(original, wanted);
    }

    private Object show(Object original, Class<?>... wanted) {
        return Proxy.newProxyInstance(wanted[0].getClassLoader(), wanted, new StandIn(original));
    }

    /** Stands for an object of one copy before the other. */
    private final class StandIn implements InvocationHandler {
        private final Object original;

        StandIn(Object original) {
            this.original = original;
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
            if (method.getDeclaringClass() == Object.class) {
                return ofObject(proxy, method, arguments);
            }
            Method there = counterpart(method);
            try {
                return as(method.getReturnType(), there.invoke(original, as(there.getParameterTypes(), arguments)));
            } catch (InvocationTargetException e) {
                throw Objects.requireNonNullElse(e.getCause(), e);
            }
        }

        private Object ofObject(Object proxy, Method method, Object @Nullable [] arguments) {
            return switch (method.getName()) {
                case "equals" -> arguments != null && proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> original.toString();
            };
        }
    }

    /** The method of the other side, be it ours or theirs, that is meant by a method of this one. */
    private Method counterpart(Method method) throws ReflectiveOperationException {
        Method known = counterparts.get(method);
        if (known == null) {
            ClassLoader other = method.getDeclaringClass().getClassLoader() == OWN ? loader : OWN;
            known = counterpart(method.getDeclaringClass(), other)
                    .getMethod(method.getName(), counterparts(method.getParameterTypes(), other));
            counterparts.put(method, known);
        }
        return known;
    }

    private static Class<?>[] counterparts(Class<?>[] types, ClassLoader other) throws ClassNotFoundException {
        Class<?>[] found = new Class<?>[types.length];
        for (int i = 0; i < types.length; i++) {
            found[i] = counterpart(types[i], other);
        }
        return found;
    }

    /** What is of the JDK is the same for both. */
    private static Class<?> counterpart(Class<?> type, ClassLoader other) throws ClassNotFoundException {
        return type.getName().startsWith(PREFIX) ? Class.forName(type.getName(), false, other) : type;
    }

    private Object @Nullable [] as(Class<?>[] wanted, Object @Nullable [] values) {
        if (values == null) {
            return null;
        }
        Object[] shown = values.clone();
        for (int i = 0; i < shown.length; i++) {
            shown[i] = as(wanted[i], values[i]);
        }
        return shown;
    }

    /** What has come back to where it is from is itself again. */
    private @Nullable Object as(Class<?> wanted, @Nullable Object value) {
        if (value == null || wanted.isInstance(value) || !wanted.getName().startsWith(PREFIX)) {
            return value;
        }
        if (value instanceof Enum<?> constant) {
            return constant(wanted, constant.name());
        }
        if (Proxy.isProxyClass(value.getClass())
                && Proxy.getInvocationHandler(value) instanceof StandIn standIn
                && wanted.isInstance(standIn.original)) {
            return standIn.original;
        }
        return show(value, wanted);
    }

    private static Object constant(Class<?> type, String name) {
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> ((Enum<?>) constant).name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(type.getName() + " has no " + name));
    }
}
