# One image for web, worker, beat and every management command; docker-compose.yml says which it is.
FROM python:3.11-slim AS build
RUN python -m venv /opt/venv
COPY requirements/run.txt /requirements.txt
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/dokima dokima
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py LICENSE ./
COPY auditing auditing
COPY judges judges
COPY templates templates
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DOKIMA_HOME=/var/lib/dokima
USER dokima
VOLUME /var/lib/dokima
EXPOSE 8000
CMD ["gunicorn", "auditing.config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "4", "--threads", "8", "--timeout", "120", "--preload", "--no-control-socket"]
