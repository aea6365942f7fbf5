package io.llmproxy.boot;

import java.util.Set;
import javax.servlet.ServletContainerInitializer;
import javax.servlet.ServletContext;
import javax.servlet.ServletException;

/**
 * Refuses to start in a container of the time before Jakarta EE, which knows no class by the names that ours have. Only such a
 * container looks for the service {@code javax.servlet.ServletContainerInitializer}.
 */
public final class OldContainer implements ServletContainerInitializer {
    @Override
    public void onStartup(Set<Class<?>> unused, ServletContext context) throws ServletException {
        throw new ServletException(ServletVersion.refusal(
                context.getServerInfo(), "javax.servlet", context.getMajorVersion(), context.getMinorVersion()));
    }
}
