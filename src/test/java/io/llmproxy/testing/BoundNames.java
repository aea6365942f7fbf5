package io.llmproxy.testing;

import java.util.Hashtable;
import java.util.Map;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.spi.InitialContextFactory;

/** JNDI as a container has it, for the JVM of a test. What is bound to an exception cannot be had. */
public final class BoundNames implements AutoCloseable {
    private static volatile Map<String, Object> bound = Map.of();

    private BoundNames() {}

    /** Binds names until it is closed. */
    public static BoundNames of(Map<String, Object> names) {
        bound = Map.copyOf(names);
        System.setProperty(Context.INITIAL_CONTEXT_FACTORY, Factory.class.getName());
        return new BoundNames();
    }

    @Override
    public void close() {
        System.clearProperty(Context.INITIAL_CONTEXT_FACTORY);
    }

    /** Made by the JDK, by its name. */
    public static final class Factory implements InitialContextFactory {
        @Override
        public Context getInitialContext(Hashtable<?, ?> environment) throws NamingException {
            return new InitialContext(true) {
                @Override
                public Object lookup(String name) throws NamingException {
                    Object found = bound.get(name);
                    if (found instanceof NamingException failure) {
                        throw failure;
                    }
                    if (found == null) {
                        throw new NameNotFoundException(name);
                    }
                    return found;
                }

                @Override
                public Hashtable<?, ?> getEnvironment() {
                    return environment;
                }
            };
        }
    }
}
